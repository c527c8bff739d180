import { configDefaults, defineConfig } from 'vitest/config'

/** What counts memory or replaces modules: each file in a process of its own. */
const APART = ['packages/server/test/memory.test.ts', 'packages/server/test/migrate-backup.test.ts']

const SERVER = 'packages/server/test/**/*.test.ts'

export default defineConfig({
  // Packages meant for publishing carry a build; tests of others take them as they stand.
  ssr: { resolve: { conditions: ['promptmeter-source', 'module', 'node', 'development|production'] } },
  test: {
    globalSetup: ['packages/server/test/support/global-setup.ts'],
    // A test waits for its servers and databases as often as it works: a worker per core keeps all of them busy.
    maxWorkers: '100%',
    // Real databases start, and machines may be slow; nothing here asserts how fast.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'server',
          include: [SERVER],
          exclude: [...configDefaults.exclude, ...APART],
          // Every file starts the whole application: loading it anew each time would take as long as the tests.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'server apart', include: APART } },
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['packages/*/test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, SERVER],
        },
      },
    ],
  },
})
