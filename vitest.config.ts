import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Packages meant for publishing carry a build; tests of others take them as they stand.
  ssr: { resolve: { conditions: ['promptmeter-source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'packages/*/src/**/*.test.ts'],
    globalSetup: ['packages/server/test/support/global-setup.ts'],
    // A test waits for its servers and databases as often as it works: a worker per core keeps all of them busy.
    maxWorkers: '100%',
    // Real databases start, and machines may be slow; nothing here asserts how fast.
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
})
