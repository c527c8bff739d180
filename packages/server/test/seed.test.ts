import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../src/config/config.ts'
import type { Database } from '../src/database/database.ts'
import { migrate, readSchemaVersion } from '../src/database/migrate.ts'
import { connectDatabase } from '../src/database/open-database.ts'
import type { SeedOptions } from '../src/seed/seed-options.ts'
import { seedDatabase } from '../src/seed/seed-service.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { type CommandResult, runCommand } from './support/run-command.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { createTestDatabase, describeOnBothEngines, type TestDatabase } from './support/test-database.ts'

const SMALL = ['--users', '300', '--active', '40', '--events', '3000', '--days', '120']

const OPTIONS: SeedOptions = {
  users: 300,
  active: 40,
  events: 3000,
  days: 120,
  randomSeed: 1,
  force: false,
  now: new Date('2026-11-27T15:30:00Z'),
}

function runSeed(args: readonly string[], { environment, dataDir }: TestDatabase): Promise<CommandResult> {
  return runCommand(['seed', ...args], { environment, cwd: dataDir })
}

/** Opens what a database names without bringing its schema up to date. */
async function withUntouched<T>(
  { environment }: TestDatabase,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await connectDatabase(parseConfig(environment), () => {})
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

describeOnBothEngines('demo data', (engine) => {
  let testDatabase: TestDatabase
  let seeded: CommandResult
  let test: TestApp
  beforeAll(async () => {
    testDatabase = await createTestDatabase(engine)
    seeded = await runSeed([...SMALL, '--json'], testDatabase)
    test = await startTestApp(engine, { testDatabase })
  })
  afterAll(async () => {
    await test.close()
    await testDatabase.remove()
  })

  it('has the users and the usage that were asked for', async () => {
    expect(seeded).toMatchObject({ code: 0, stderr: '' })
    const summary = JSON.parse(seeded.stdout)
    expect(summary).toMatchObject({ users: 300, activeUsers: 40 })
    expect(summary.events).toBeGreaterThan(2000)
    expect(summary.events).toBeLessThan(4000)
    const { rows } = await sql`
      select (select count(*) from users) as users, (select count(*) from usage_events) as events,
        (select count(distinct user_id) from usage_days) as active, (select count(*) from sessions) as sessions,
        (select count(*) from audit_events) as audit, (select count(*) > 1000 from refusals) as refused,
        (select count(*) > 0 from usage_events where kind = 'correction') as corrected,
        (select bool_and(recorded_at < now()) from usage_events) as past,
        (select array_agg(name order by name) from plans) as plans`.execute(test.database.kysely)
    expect(rows).toEqual([
      {
        users: 300,
        events: summary.events,
        active: 40,
        sessions: summary.sessions,
        audit: summary.auditEvents,
        refused: true,
        corrected: true,
        past: true,
        plans: ['free', 'pro', 'team', 'trial'],
      },
    ])
  })

  it('never contradicts itself', async () => {
    expect(await findContradictions(test.database)).toEqual([])
  })

  it('shows users below and at their limits', async () => {
    const { statusCode, body } = await test.request({
      url: '/api/admin/users?limit=200',
      headers: { authorization: `Bearer ${testDatabase.environment.ADMIN_KEY}` },
    })
    expect(statusCode).toBe(200)
    const { users } = JSON.parse(body) as {
      users: { email: string; plan: string; promptCount: number; threshold: number }[]
    }
    const free = users.filter(({ plan, promptCount }) => plan === 'free' && promptCount > 0)
    expect(free.some(({ promptCount, threshold }) => promptCount < threshold * 0.8)).toBe(true)
    expect(free.some(({ promptCount, threshold }) => promptCount === threshold)).toBe(true)
    expect(users.every(({ email }) => /@example\.(com|net|org)$/.test(email))).toBe(true)
  })

  it('is refused where there is usage already, or a server has the folder open', async () => {
    await expect(seedDatabase(test.database, OPTIONS)).rejects.toThrow(/is in use: it has usage.*--force/s)
    expect(await runSeed(SMALL, testDatabase)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        engine === 'embedded' ? 'in use, most likely by a running server' : 'is in use: it has usage',
      ),
    })
  })

  it('goes on being counted by a server, windows included', async () => {
    const { rows } = await sql<{
      email: string
      count: number
    }>`select email, prompt_count as count from users
        where plan = 'pro' and event_count > 0 and disabled_at is null order by event_count desc limit 1`.execute(
      test.database.kysely,
    )
    const [busiest] = rows as [{ email: string; count: number }]
    const token = await test.signUp(busiest.email)
    const answer = await test.track(token, { usage: 1, tokenCount: 420, model: 'gpt-5-mini' })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({ currentPromptCount: busiest.count + 1 })
    expect(await findContradictions(test.database)).toEqual([])
  })

  it('leaves nothing when it is stopped half-way', async () => {
    const place = await createTestDatabase(engine)
    await withUntouched(place, async (database) => {
      const before = await readSchemaVersion(database.kysely)
      const stopping = new AbortController()
      const stopped = seedDatabase(database, {
        ...OPTIONS,
        signal: stopping.signal,
        onProgress: (done) => {
          if (done > OPTIONS.users) stopping.abort(new Error('enough'))
        },
      })
      await expect(stopped).rejects.toThrow('enough')
      // Where the database was empty it is so again: the next start is its first.
      expect(await readSchemaVersion(database.kysely)).toBe(before)
      await migrate(database.kysely)
      const { rows } =
        await sql`select count(*) as users, (select count(*) from plans) as plans from users`.execute(
          database.kysely,
        )
      expect(rows).toEqual([{ users: 0, plans: 1 }])
    })
    await place.remove()
  })
})

describe('demo data again', () => {
  const readPicture = (database: Database) =>
    sql`select (select md5(string_agg(u::text, '' order by id)) from users u) as users,
      (select md5(string_agg(e::text, '' order by user_id, seq)) from usage_events e) as events,
      (select md5(string_agg(s::text, '' order by id)) from sessions s) as sessions,
      (select md5(string_agg(a::text, '' order by id)) from audit_events a) as audit`
      .execute(database.kysely)
      .then(({ rows }) => rows[0])

  async function pictureOf(options: SeedOptions) {
    const place = await createTestDatabase('postgres')
    const picture = await withUntouched(place, async (database) => {
      await seedDatabase(database, options)
      return readPicture(database)
    })
    await place.remove()
    return picture
  }

  it('is the same from the same seed and moment, and another from another seed', async () => {
    const [one, same, other] = await Promise.all([
      pictureOf(OPTIONS),
      pictureOf(OPTIONS),
      pictureOf({ ...OPTIONS, randomSeed: 2 }),
    ])
    expect(same).toEqual(one)
    expect(other).not.toEqual(one)
  })

  it('adds to what is there by force, and never takes an address', async () => {
    const place = await createTestDatabase('postgres')
    await withUntouched(place, async (database) => {
      await seedDatabase(database, OPTIONS)
      const crowded = seedDatabase(database, { ...OPTIONS, active: 299 })
      await expect(crowded).rejects.toThrow('Of 300 users at most 298 can be active.')
      // All new but admin@ and user@, who are there already.
      const added = await seedDatabase(database, { ...OPTIONS, force: true })
      expect(added.users).toBe(298)
      expect(await findContradictions(database)).toEqual([])
    })
    await place.remove()
  })
})
