import type { OverviewResponse, UsageGroupTotal, UsageHistoryResponse } from '@promptmeter/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAnswerMemory } from '../src/overview/answer-memory.ts'
import { addUser, admin, askAdmin, readPages } from './support/admin-requests.ts'
import { bearer, trackBatch } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const INTERVALS = ['hour', 'day', 'month'] as const
const GROUPS = [undefined, 'model', 'source', 'plan'] as const

/** Noon, some days ago: the same day for whoever looks, also while the clock passes midnight. */
const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
const noon = (daysAgo: number, hours = 0) =>
  new Date(today - daysAgo * DAY_MS + DAY_MS / 2 + hours * 60 * 60 * 1000).toISOString()
const date = (daysAgo: number) => noon(daysAgo).slice(0, 10)

type Totals = Pick<OverviewResponse, 'promptCount' | 'tokenCount' | 'costMicros'>

function totalsOf(parts: readonly Totals[]): Totals {
  const sum = (field: keyof Totals) => parts.reduce((total, part) => total + part[field], 0)
  return { promptCount: sum('promptCount'), tokenCount: sum('tokenCount'), costMicros: sum('costMicros') }
}

const isUsed = ({ promptCount, tokenCount }: Pick<Totals, 'promptCount' | 'tokenCount'>) =>
  promptCount + tokenCount > 0

/** Groups of the same name put together, by name; a call that counted nothing makes no group. */
function merged(groups: readonly UsageGroupTotal[]): UsageGroupTotal[] {
  const byGroup = Map.groupBy(groups.filter(isUsed), ({ name }) => name)
  const merged = [...byGroup].map(([name, members]) => ({ name, ...totalsOf(members) }))
  return merged.sort((one, other) => (one.name ?? '').localeCompare(other.name ?? ''))
}

describeOnBothEngines('GET /api/admin/overview', (engine) => {
  let server: TestApp
  /** Everybody of whom the histories know. */
  const people: { id: string; plan: string }[] = []
  beforeAll(async () => {
    server = await startTestApp(engine)
    await askAdmin(server, 'PUT', '/plans/pro', {
      limits: [{ meter: 'tokens', window: 'month', amount: 1000 }],
    })
    for (let person = 0; person < 7; person++) {
      const plan = person % 3 === 0 ? 'pro' : 'free'
      const { user, token } = await addUser(server, { plan, threshold: 1_000_000 })
      people.push({ id: user.id, plan })
      // The last one never used anything.
      if (person === 6) break
      // Two each in the same hour, of different sources: two rows and one active user.
      const events = Array.from({ length: 12 }, (_, index) => ({
        idempotencyKey: `event-${index}`,
        usage: (person + index) % 4,
        tokenCount: 10 * index + person,
        ...(index % 4 !== 3 && { model: `model-${(index * person) % 3}` }),
        source: `source/${index % 2}`,
        ...(index > 0 && { occurredAt: noon(1 + (((index >> 1) * 5 + person) % 27), (index >> 1) - 3) }),
      }))
      await trackBatch(server, token, events)
    }
  })
  afterAll(() => server.close())

  const ask = (query: Record<string, string>) =>
    askAdmin(server, 'GET', `/overview?${new URLSearchParams(query)}`)
  const overview = async (query: Record<string, string>): Promise<OverviewResponse> => {
    const answer = await ask(query)
    expect(answer.statusCode, answer.body).toBe(200)
    return answer.json()
  }

  it.each(INTERVALS.flatMap((interval) => GROUPS.map((groupBy) => ({ interval, groupBy }))))(
    'is for %j what the histories of all users add up to',
    async ({ interval, groupBy }) => {
      const range = { interval, from: date(interval === 'hour' ? 9 : 28), to: date(-1) }
      const told = await overview({ ...range, ...(groupBy !== undefined && { groupBy }) })
      const histories = await Promise.all(
        people.map(async ({ id, plan }) => {
          const query = { ...range, ...(groupBy !== undefined && groupBy !== 'plan' && { groupBy }) }
          return { plan, history: await server.services.usage.history(id, query) }
        }),
      )
      const all = histories.map(({ history }) => history)
      expect(totalsOf(all).promptCount).toBeGreaterThan(10)
      expect(told).toMatchObject({ ...totalsOf(all), activeUsers: all.filter(isUsed).length })
      expect(totalsOf(told.buckets)).toEqual(totalsOf(all))

      const expected = told.buckets.map((_, index) => {
        const parts = histories.map(({ plan, history }) => ({ plan, ...bucketOf(history, index) }))
        const groups = parts.flatMap(({ plan, groups, ...part }) =>
          groupBy === 'plan' && isUsed(part) ? [{ ...part, name: plan }] : (groups ?? []),
        )
        return {
          start: parts[0]?.start,
          ...totalsOf(parts),
          activeUsers: parts.filter(isUsed).length,
          ...(groupBy !== undefined && { groups: merged(groups) }),
        }
      })
      const buckets = told.buckets.map(({ groups, ...bucket }) => ({
        ...bucket,
        ...(groups !== undefined && { groups: merged(groups) }),
      }))
      expect(buckets).toEqual(expected)
      if (groupBy === undefined) expect(told.groups).toBeUndefined()
      else expect(merged(told.groups ?? [])).toEqual(merged(expected.flatMap(({ groups }) => groups ?? [])))
    },
  )

  const bucketOf = ({ buckets }: UsageHistoryResponse, index: number) =>
    buckets[index] as UsageHistoryResponse['buckets'][number]

  it('has in its last buckets what was counted just now', async () => {
    const { token } = await addUser(server)
    await server.track(token, { usage: 3, tokenCount: 5, source: 'just now' })
    // A range that no other test asks for: an answer to one of them may still be remembered.
    const from = date(62)
    for (const interval of INTERVALS) {
      const { to, buckets } = await overview({ interval, from, groupBy: 'source' })
      expect(Date.parse(to)).toBeGreaterThan(Date.now() - 60_000)
      const groups = buckets.slice(-2).flatMap((bucket) => bucket.groups ?? [])
      expect(groups).toContainEqual({ name: 'just now', promptCount: 3, tokenCount: 5, costMicros: 0 })
    }
  })

  it('tells the 30 largest groups of the range apart and the rest as other, losing nothing', async () => {
    // Longer ago than an event may have happened, so that no other test sees it.
    await sql`insert into usage_days (user_id, day, model, source, prompts, tokens)
      select gen_random_uuid(), '2020-02-02', 'many-' || to_char(n, 'FM00'), '', 1, 1000 + n
      from generate_series(0, 39) n`.execute(server.database.kysely)
    const told = await overview({ from: '2020-02-02', to: '2020-02-03', groupBy: 'model' })
    const names = Array.from({ length: 30 }, (_, index) => `many-${39 - index}`)
    expect(told.groups?.filter(({ name }) => name !== 'other').map(({ name }) => name)).toEqual(names)
    expect(told.groups?.find(({ name }) => name === 'other')).toMatchObject({
      promptCount: 10,
      tokenCount: 10_045,
    })
    expect(told).toMatchObject({ promptCount: 40, activeUsers: 40 })
    expect(told.buckets[0]?.groups).toEqual(told.groups)
  })

  it('counts users by where they stand now, as their list does', async () => {
    const { token: near } = await addUser(server, { threshold: 10 })
    await server.track(near, { usage: 8 })
    const { token: reached } = await addUser(server, { plan: 'pro', threshold: 100 })
    await server.track(reached, { usage: 1, tokenCount: 1000 })
    const { user: disabled } = await addUser(server, { threshold: 0 })
    await admin(server, 'PATCH', `/${disabled.id}`, { disabled: true })
    const { users } = await overview({ from: date(2), to: date(1) })
    const listed = async (query: Record<string, string>) => (await readPages(server, query)).flat().length
    expect(users).toEqual({
      total: await listed({ limit: '200' }),
      disabled: 1,
      near: await listed({ standing: 'near' }),
      reached: await listed({ standing: 'reached' }),
    })
    expect(users.near).toBe(users.reached + 1)
    expect(users.reached).toBeGreaterThanOrEqual(2)
  })

  it('is read once for all who ask for the same at once', async () => {
    const asked = Array.from({ length: 5 }, () => overview({ from: date(5), to: date(4) }))
    const answers = await Promise.all(asked)
    expect(new Set(answers.map(({ at }) => at)).size).toBe(1)
    expect(answers[4]).toEqual(answers[0])
  })

  it.each([
    [{ from: 'yesterday' }],
    [{ from: '2026-11-02', to: '2026-11-01' }],
    [{ from: '1970-01-01', to: '2026-01-01', interval: 'hour' }],
    [{ groupBy: 'user' }],
    [{ groupBy: "model'; drop table users" }],
    [{ unknown: '1' }],
  ] as Record<string, string>[][])('is refused for %j', async (query) => {
    const answer = await ask(query as Record<string, string>)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'invalid_request' })
  })

  it('is for admins alone', async () => {
    const url = '/api/admin/overview'
    expect((await server.request({ url })).statusCode).toBe(401)
    const token = await server.signUp()
    expect((await server.request({ url, headers: bearer(token) })).json().code).toBe('admin_required')
  })
})

describe('an answer that many ask for', () => {
  /** A memory on a clock of its own, and what it has asked for; each reading gives its own number. */
  function remember(tookMs = 0) {
    let now = 1_000
    let readings = 0
    let under = 0
    const memory = createAnswerMemory<number>(() => now)
    const read = async () => {
      under++
      await new Promise((resolve) => setImmediate(resolve))
      now += tookMs
      expect(under).toBe(1)
      under--
      return ++readings
    }
    return { ask: (name: string) => memory(name, read), memory, pass: (ms: number) => (now += ms) }
  }

  it('is read once while it is under way and for five seconds after', async () => {
    const { ask, pass } = remember()
    expect(await Promise.all([ask('a'), ask('a'), ask('a')])).toEqual([1, 1, 1])
    pass(4_999)
    expect(await ask('a')).toBe(1)
    pass(2)
    expect(await ask('a')).toBe(2)
  })

  it('is kept for ten times as long as it took, where that is longer', async () => {
    const { ask, pass } = remember(900)
    await ask('a')
    pass(8_999)
    expect(await ask('a')).toBe(1)
    pass(2)
    expect(await ask('a')).toBe(2)
  })

  it('is read after the one before, each name for itself', async () => {
    const { ask } = remember()
    expect(await Promise.all([ask('a'), ask('b'), ask('a'), ask('c')])).toEqual([1, 2, 1, 3])
  })

  it('is asked for anew after a failure, which holds up no other', async () => {
    const { ask, memory } = remember()
    const failing = memory('a', () => Promise.reject(new Error('away')))
    const other = ask('b')
    await expect(failing).rejects.toThrow('away')
    expect(await other).toBe(1)
    expect(await ask('a')).toBe(2)
  })
})
