import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type CommandResult, runCommand } from './run-command.ts'
import { createTestDatabase } from './test-database.ts'
import { type Answer, startTestServer, type TestServer } from './test-server.ts'

/** The command line as its operator has it, and the server it asks. */
export interface Commands {
  readonly server: TestServer
  /** Where the commands run: a folder that knows of no server. */
  readonly folder: string
  run(...args: string[]): Promise<CommandResult>
  /** What a command that succeeds, and complains of nothing, prints. */
  succeed(...args: string[]): Promise<string>
  /** The same read as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the command said
  json(...args: string[]): Promise<any>
  /** What is there, asked of the server itself: it starts no process. */
  get(path: string): Promise<Answer>
  close(): Promise<void>
}

export async function startCommands(environment: Readonly<Record<string, string>> = {}): Promise<Commands> {
  const testDatabase = await createTestDatabase('embedded')
  const { ADMIN_KEY: _, PORT: __, ...common } = testDatabase.environment
  const server = await startTestServer({ ...common, ...environment })
  const adminKey = (await readFile(join(testDatabase.dataDir, 'admin-key'), 'utf8')).trim()
  const folder = await mkdtemp(join(tmpdir(), 'promptmeter-cli-'))
  const run = (...args: string[]) =>
    runCommand([...args, '--url', server.url], {
      cwd: folder,
      environment: { DATA_DIR: testDatabase.dataDir },
    })
  const succeed = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return stdout
  }
  return {
    server,
    folder,
    run,
    succeed,
    json: async (...args) => JSON.parse(await succeed(...args, '--json')),
    get: (path) => server.request(path, { headers: { authorization: `Bearer ${adminKey}` } }),
    async close() {
      await server.kill()
      await testDatabase.remove()
      await rm(folder, { recursive: true })
    },
  }
}
