import { join } from 'node:path'
import type { Databases } from '../databases.ts'
import { insertUsers, signUp, startPromptmeter } from './promptmeter.ts'
import { emails, groupTokens, type Target } from './target.ts'

const program = join(import.meta.dirname, '../memory-store-server.ts')

/** (c): Promptmeter over a store that answers from memory. */
export function memoryStoreTarget(databases: Databases): Target {
  return {
    name: 'c',
    title: 'Promptmeter on a store in memory',
    async start() {
      const database = await databases.create('memory_store')
      const server = await startPromptmeter(database, { command: [program] })
      await insertUsers(database, emails)
      return { ...server, tokens: groupTokens(await signUp(server.url, emails)) }
    },
  }
}
