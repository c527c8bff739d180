import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Packages meant for publishing carry a build; tests of others take them as they stand.
  ssr: { resolve: { conditions: ['promptmeter-source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'packages/*/src/**/*.test.ts'],
    globalSetup: ['packages/server/test/support/global-setup.ts'],
    // Real databases start, and machines may be slow; nothing here asserts how fast.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
