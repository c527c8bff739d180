import type { Engine } from '../../src/database/database.ts'
import { startTestApp, type TestApp } from './test-app.ts'
import { createTestDatabase } from './test-database.ts'

/** Several replicas on one database; the embedded engine has but one. */
export interface Replicas {
  /** At least one; `at` counts round. */
  readonly apps: readonly TestApp[]
  at(index: number): TestApp
  close(): Promise<void>
}

export async function startReplicas(
  engine: Engine,
  count: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<Replicas> {
  const testDatabase = await createTestDatabase(engine)
  const apps: TestApp[] = []
  const printed: string[] = []
  for (let index = 0; index < (engine === 'embedded' ? 1 : count); index++)
    apps.push(await startTestApp(engine, { testDatabase, environment, printed }))
  return {
    apps,
    at: (index) => apps[index % apps.length] as TestApp,
    async close() {
      await Promise.all(apps.map((app) => app.close()))
      await testDatabase.remove()
    },
  }
}

export const ADMIN = { authorization: 'Bearer test-admin-key' }
