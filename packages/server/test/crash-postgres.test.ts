import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@promptmeter/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { withDatabase } from './support/ledger-audit.ts'
import { type Load, startLoad } from './support/test-load.ts'
import { startTestServer } from './support/test-server.ts'

const ROUNDS = 5

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startServerAndPostgres() {
  const postgres = await startPostgres()
  cleanups.push(() => postgres.remove())
  const dataDir = await mkdtemp(join(tmpdir(), 'promptmeter-data-'))
  cleanups.push(() => rm(dataDir, { recursive: true }))
  const environment = {
    DATA_DIR: dataDir,
    DATABASE_URL: await postgres.createDatabase(),
    JWT_SECRET: 'test-secret-test-secret-test-secret-1',
    WRITE_DEADLINE_MS: '500',
  }
  const server = await startTestServer(environment)
  cleanups.push(() => server.kill())
  return { postgres, environment, server }
}

/** Whatever the database did, callers were told to come back, and when. */
function expectOnlyUnavailable(load: Load): void {
  const told = new Set(
    load.refusals.map(({ status, body, headers }) => `${status} ${body.code} ${headers.get('retry-after')}`),
  )
  expect([...told]).toEqual(['503 database_unavailable 1'])
}

describe('kill -9 of PostgreSQL under load', () => {
  it('loses nothing that was acknowledged, counts nothing twice, and needs no restart of the server', async () => {
    const { postgres, environment, server } = await startServerAndPostgres()
    const load = await startLoad([server], { users: 5, clients: 24 })
    for (let round = 0; round < ROUNDS; round++) {
      await load.untilAcknowledged(100 + randomInt(200))
      await postgres.kill()
      await load.untilFailed(24)
      await postgres.start()
    }
    await load.untilAcknowledged(100)
    await load.finish()
    expectOnlyUnavailable(load)
    await withDatabase(environment, (opened) => load.expectKept(opened))
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })
})

describe('PostgreSQL stopped and started under load', () => {
  it.each(['fast', 'immediate'] as const)(
    'answers 503 with Retry-After meanwhile and serves again by itself (%s)',
    async (mode) => {
      const { postgres, environment, server } = await startServerAndPostgres()
      const load = await startLoad([server], { users: 5, clients: 24 })
      for (let round = 0; round < 2; round++) {
        await load.untilAcknowledged(100)
        await postgres.stop(mode)
        await load.untilFailed(24)
        await server.untilReadinessIs(503)
        await postgres.start()
        await server.untilReadinessIs(200)
      }
      await load.untilAcknowledged(100)
      await load.finish()
      expectOnlyUnavailable(load)
      await withDatabase(environment, (opened) => load.expectKept(opened))
    },
  )

  it('is stopped gracefully while the database is away', async () => {
    const { postgres, server } = await startServerAndPostgres()
    const load = await startLoad([server], { users: 2, clients: 4 })
    await postgres.kill()
    await load.untilFailed(4)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    await postgres.start()
    await server.start()
    await load.finish()
  })
})
