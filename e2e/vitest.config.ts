import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Each file starts a server and a browser, some a VS Code: two at once would only wait for each other. */
const project = (name: string, globalSetup: string) => ({
  test: {
    name,
    root,
    include: [`e2e/${name}/**/*.e2e.ts`],
    exclude: ['**/node_modules/**'],
    globalSetup: [`e2e/${name}/support/${globalSetup}`],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 20_000 } },
  },
})

export default defineConfig({
  test: {
    projects: [project('dashboard', 'seeded-database.ts'), project('editor', 'installed-extensions.ts')],
    fileParallelism: false,
  },
})
