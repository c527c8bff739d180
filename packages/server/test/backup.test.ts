import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBackupFile, writeBackupFile } from '../src/backup/backup-file.ts'
import { BACKUP_TABLES } from '../src/backup/backup-tables.ts'
import { readDatabase } from '../src/backup/database-reader.ts'
import { writeDatabase } from '../src/backup/database-writer.ts'
import { findUnbalancedUsers } from '../src/backup/usage-balance.ts'
import { findContradictions, withDatabase } from './support/ledger-audit.ts'
import { readStoredRows, readStoredRowsOf, type StoredRows } from './support/stored-rows.ts'
import { startTestApp } from './support/test-app.ts'
import { createTestDatabase, describeOnBothEngines, type TestDatabase } from './support/test-database.ts'
import { addVariedUsage, type VariedUsage } from './support/varied-usage.ts'

const OPTIONS = { force: false, signal: new AbortController().signal }

describeOnBothEngines('a backup', (from) => {
  let source: TestDatabase
  let usage: VariedUsage
  let before: StoredRows
  let file: string
  beforeAll(async () => {
    source = await createTestDatabase(from)
    usage = await addVariedUsage(source, 4100)
    before = await readStoredRowsOf(source.environment)
    file = join(source.dataDir, 'test.backup')
    await withDatabase(source.environment, (database) =>
      writeBackupFile(file, readDatabase(database), OPTIONS),
    )
  })
  afterAll(() => source.remove())

  describe.each(['embedded', 'postgres'] as const)('restored to %s', (to) => {
    let target: TestDatabase
    beforeAll(async () => {
      target = await createTestDatabase(to)
      await withDatabase(target.environment, (database) => writeDatabase(database, readBackupFile(file)))
    })
    afterAll(() => target.remove())

    it('gives every row of every table, to the microsecond', async () => {
      expect(await readStoredRowsOf(target.environment)).toEqual(before)
      for (const table of BACKUP_TABLES) expect(before[table]?.length, table).toBeGreaterThan(0)
      expect(before.usage_events?.length).toBeGreaterThan(4000)
    })

    it('goes on where the first server stopped: tokens live, a retried key replays, counts are sums', async () => {
      const server = await startTestApp(to, { testDatabase: target })
      try {
        const { key, body, answer } = usage.retry
        const replay = await server.track(usage.token, body, { 'idempotency-key': key })
        expect(replay.headers['idempotent-replayed']).toBe('true')
        expect(replay.json()).toMatchObject(answer)
        const { total } = await server.services.users.getByEmail(usage.email)
        const next = await server.track(usage.token, { usage: 1 })
        expect(next.json()).toMatchObject({ currentPromptCount: total.prompts + 1 })
        expect(await findContradictions(server.database)).toEqual([])
      } finally {
        await server.close()
      }
    })
  })
})

/** What lives for minutes or hours: it is not worth restoring, and a restored server lets people sign in anew. */
const SHORT_LIVED = ['challenges', 'oauth_records', 'operator_sessions', 'rate_limits']

describeOnBothEngines('the tables of a backup', (engine) => {
  it('are all that the schema has but what lives for minutes or hours, so that nothing is left behind', async () => {
    const testDatabase = await createTestDatabase(engine)
    const { rows } = await withDatabase(testDatabase.environment, ({ kysely }) =>
      sql<{ name: string }>`select relname as name from pg_class
        where relkind in ('r', 'p') and relnamespace = current_schema()::regnamespace`.execute(kysely),
    )
    expect(rows.map(({ name }) => name).sort()).toEqual(
      ['catalog', ...BACKUP_TABLES, ...SHORT_LIVED, 'schema_version'].sort(),
    )
    await testDatabase.remove()
  })
})

describeOnBothEngines('a user whose counts are not the sum of their usage', (engine) => {
  let testDatabase: TestDatabase
  beforeAll(async () => {
    testDatabase = await createTestDatabase(engine)
    await addVariedUsage(testDatabase)
  })
  afterAll(() => testDatabase.remove())

  const findAfter = (...changes: string[]) =>
    withDatabase(testDatabase.environment, ({ kysely }) =>
      kysely
        .transaction()
        .execute(async (transaction) => {
          for (const change of changes) await sql.raw(change).execute(transaction)
          throw await findUnbalancedUsers(transaction)
        })
        .catch((found) => found),
    )

  it('is not found where the books balance', async () => {
    expect(await findAfter()).toEqual([])
  })

  it.each([
    ['the counts', "update users set prompt_count = prompt_count + 1 where email like 'ada@%'"],
    ['the tokens', "update users set token_count = token_count - 1 where email like 'moved@%'"],
    ['the number of events', "update users set event_count = 2 where email like 'moved@%'"],
    ['an hour', 'update usage_hours set tokens = tokens + 1 where tokens = 777'],
    ['a day', 'update usage_days set prompts = prompts + 1 where tokens = 777'],
    ['an event', 'delete from usage_events where seq = 3'],
    ['an unused user', "update users set token_count = 1 where email like 'unused@%'"],
    ['what is left of nobody', "delete from users where email like 'moved@%'"],
  ])('is found by %s', async (_what, change) => {
    expect(await findAfter(change)).toHaveLength(1)
  })
})

describe('a backup under live writes', () => {
  it('is one moment: its sums agree, and the server goes on', async () => {
    const server = await startTestApp('postgres')
    const target = await createTestDatabase('embedded')
    try {
      const tokens = await Promise.all(Array.from({ length: 8 }, () => server.signUp()))
      let ended = false
      let answered = 0
      const writers = tokens.map(async (token) => {
        while (!ended) {
          const answer = await server.track(token, { usage: 1, tokenCount: 5 })
          expect(answer.statusCode).toBe(200)
          answered++
        }
      })
      const writtenDuring = async function* () {
        for await (const part of readDatabase(server.database)) {
          yield part
          // The next part waits until others have written in between.
          const until = answered + 50
          while (answered < until) await new Promise((resolve) => setImmediate(resolve))
        }
      }
      const file = join(target.dataDir, 'live.backup')
      await writeBackupFile(file, writtenDuring(), OPTIONS)
      const answeredAtEnd = answered
      ended = true
      await Promise.all(writers)

      // Refused unless every user's counts are the sums of their events, days and hours.
      const { totals } = await withDatabase(target.environment, (database) =>
        writeDatabase(database, readBackupFile(file)),
      )
      expect(Number(totals.users?.sums.prompt_count)).toBeLessThan(answeredAtEnd)
      expect(await withDatabase(target.environment, findContradictions)).toEqual([])
      expect((await readStoredRows(server.database)).usage_events).toHaveLength(answered)
    } finally {
      await server.close()
      await target.remove()
    }
  })
})
