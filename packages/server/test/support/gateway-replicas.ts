import type { Engine } from '../../src/database/database.ts'
import { type ScriptedUpstream, startUpstream } from './scripted-upstream.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'
import { startTestGateway, type TestGateway } from './test-gateway.ts'

/** Several gateways on one database, with one upstream behind them; the embedded engine has but one. */
export interface GatewayReplicas {
  readonly database: TestDatabase
  readonly upstream: ScriptedUpstream
  readonly gateways: readonly TestGateway[]
  /** Counts round. */
  at(index: number): TestGateway
  close(): Promise<void>
}

export async function startGatewayReplicas(
  engine: Engine,
  count: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<GatewayReplicas> {
  const database = await createTestDatabase(engine)
  const upstream = await startUpstream()
  const gateways: TestGateway[] = []
  for (let index = 0; index < (engine === 'embedded' ? 1 : count); index++)
    gateways.push(await startTestGateway(engine, { testDatabase: database, upstream, environment }))
  return {
    database,
    upstream,
    gateways,
    at: (index) => gateways[index % gateways.length] as TestGateway,
    async close() {
      await Promise.all(gateways.map((gateway) => gateway.close()))
      await upstream.close()
      await database.remove()
    },
  }
}
