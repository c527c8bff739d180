import { randomInt } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import { withDatabase } from './support/ledger-audit.ts'
import { createTestDatabase, describeOnBothEngines } from './support/test-database.ts'
import { startLoad } from './support/test-load.ts'
import { startTestServer } from './support/test-server.ts'

const ROUNDS = 5

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

describeOnBothEngines('kill -9 of the server under load', (engine) => {
  it('loses nothing that was acknowledged and counts nothing twice', async () => {
    const database = await createTestDatabase(engine)
    cleanups.push(() => database.remove())
    const server = await startTestServer(database.environment)
    cleanups.push(() => server.kill())
    const load = await startLoad([server], { users: 5, clients: 24 })
    for (let round = 0; round < ROUNDS; round++) {
      await load.untilAcknowledged(100 + randomInt(200))
      expect(await server.kill()).toEqual({ code: null, signal: 'SIGKILL' })
      await server.start()
    }
    await load.untilAcknowledged(100)
    await load.finish()
    expect(load.refusals).toEqual([])
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    await withDatabase(database.environment, (opened) => load.expectKept(opened))
  })
})
