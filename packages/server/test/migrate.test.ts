import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../src/config/config.ts'
import type { Database } from '../src/database/database.ts'
import { migrate, readSchemaVersion, SCHEMA_VERSION } from '../src/database/migrate.ts'
import { connectDatabase, openDatabase } from '../src/database/open-database.ts'
import { openPostgres } from '../src/database/postgres.ts'
import { withDatabase } from './support/ledger-audit.ts'
import { createTestDatabase, describeOnBothEngines } from './support/test-database.ts'
import { createTestServer } from './support/test-server.ts'

describe('ten replicas that start at once on an empty PostgreSQL', () => {
  // Several rounds: there are several ways to collide, and one round alone seldom shows them all.
  it.each([1, 2, 3, 4, 5])('migrate it once, and all go on (round %i)', async () => {
    const testDatabase = await createTestDatabase('postgres')
    const { database: config } = parseConfig(testDatabase.environment)
    const replicas = Array.from({ length: 10 }, () => openPostgres(config.url as string, config, () => {}))
    try {
      // Connected beforehand, so that all begin at the same moment.
      await Promise.all(replicas.map(({ kysely }) => readSchemaVersion(kysely)))
      const versionsBefore = await Promise.all(replicas.map(({ kysely }) => migrate(kysely)))
      expect(versionsBefore.filter((version) => version === 0)).toHaveLength(1)
      expect(versionsBefore.filter((version) => version === SCHEMA_VERSION)).toHaveLength(9)
      const counts = await Promise.all(replicas.map(countUsers))
      expect(counts).toEqual(Array(10).fill(0))
    } finally {
      await Promise.all(replicas.map((replica) => replica.close()))
      await testDatabase.remove()
    }
  })

  it('all serve, as processes of their own', async () => {
    const testDatabase = await createTestDatabase('postgres')
    const servers = await Promise.all(
      Array.from({ length: 3 }, () => createTestServer(testDatabase.environment)),
    )
    try {
      for (const server of servers) server.spawn()
      await Promise.all(servers.map((server) => server.untilReadinessIs(200)))
      const token = await servers[0]?.signUp('ada@example.com')
      for (const [index, server] of servers.entries()) {
        const answer = await server.track(token as string, { usage: 1 })
        expect(answer.body).toMatchObject({ currentPromptCount: index + 1 })
      }
    } finally {
      await Promise.all(servers.map((server) => server.kill()))
      await testDatabase.remove()
    }
  })
})

describeOnBothEngines('a migration', (engine) => {
  it('is done once: starting again finds nothing to do', async () => {
    const testDatabase = await createTestDatabase(engine)
    const open = () => openDatabase(parseConfig(testDatabase.environment), () => {})
    const first = await open()
    await first.database.close()
    const second = await open()
    expect(second.created).toBe(false)
    expect(await readSchemaVersion(second.database.kysely)).toBe(SCHEMA_VERSION)
    await second.database.close()
    await testDatabase.remove()
  })

  it('refuses a database that a newer Promptmeter has migrated, and changes nothing in it', async () => {
    const testDatabase = await createTestDatabase(engine)
    await withDatabase(testDatabase.environment, async ({ kysely }) => {
      await sql`update schema_version set version = ${SCHEMA_VERSION + 1}`.execute(kysely)
    })
    const config = parseConfig(testDatabase.environment)
    await expect(openDatabase(config, () => {})).rejects.toThrow(
      `The database has schema version ${SCHEMA_VERSION + 1}, this Promptmeter knows ${SCHEMA_VERSION}.`,
    )
    const database = await connectDatabase(config, () => {})
    expect(await readSchemaVersion(database.kysely)).toBe(SCHEMA_VERSION + 1)
    await database.close()

    const server = await createTestServer(testDatabase.environment)
    server.spawn()
    expect(await server.exited).toMatchObject({ code: 1 })
    expect(server.output).toMatch(/^The database has schema version .*start that version/)
    await testDatabase.remove()
  })
})

async function countUsers({ kysely }: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from users`.execute(kysely)
  return (rows[0] as { count: number }).count
}
