import { afterAll, beforeAll, expect, it } from 'vitest'
import { bearer, countsOf, trackBatch } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

describeOnBothEngines('GET /api/me/usage', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const askHistory = (token: string, query: Record<string, string>) =>
    server.request({ url: `/api/me/usage?${new URLSearchParams(query)}`, headers: bearer(token) })
  const history = async (token: string, query: Record<string, string>) => {
    const answer = await askHistory(token, query)
    expect(answer.statusCode, answer.body).toBe(200)
    return answer.json()
  }

  /** Noon, some days ago: the same day for whoever looks, also while the clock passes midnight. */
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
  const noon = (daysAgo: number, shiftMs = 0) =>
    new Date(today - daysAgo * DAY_MS + DAY_MS / 2 + shiftMs).toISOString()
  const date = (daysAgo: number) => noon(daysAgo).slice(0, 10)

  it('keeps a model named null apart from events that name none', async () => {
    const token = await server.signUp()
    await trackBatch(server, token, [
      { idempotencyKey: 'none', source: 's', tokenCount: 5 },
      { idempotencyKey: 'named', source: 's', model: 'null', tokenCount: 7 },
    ])
    const { buckets } = await history(token, { groupBy: 'model' })
    expect(buckets.at(-1).groups).toEqual([
      { name: 'null', promptCount: 0, tokenCount: 7, costMicros: 0 },
      { name: null, promptCount: 0, tokenCount: 5, costMicros: 0 },
    ])
  })

  it('places events by when they happened, in half-open buckets, and fills the gaps', async () => {
    const token = await server.signUp()
    await server.track(token, { usage: 1, tokenCount: 10, occurredAt: noon(5) })
    await server.track(token, { usage: 2, tokenCount: 20, occurredAt: noon(3) })
    await server.track(token, { usage: 4, occurredAt: `${date(2)}T00:00:00Z` })
    await server.track(token, { usage: 8, occurredAt: `${date(3)}T23:59:59.999Z` })
    const days = await history(token, { from: date(5), to: date(2) })
    expect(days).toEqual({
      from: `${date(5)}T00:00:00.000Z`,
      to: `${date(2)}T00:00:00.000Z`,
      interval: 'day',
      promptCount: 11,
      tokenCount: 30,
      costMicros: 0,
      buckets: [
        { start: `${date(5)}T00:00:00.000Z`, promptCount: 1, tokenCount: 10, costMicros: 0 },
        { start: `${date(4)}T00:00:00.000Z`, promptCount: 0, tokenCount: 0, costMicros: 0 },
        { start: `${date(3)}T00:00:00.000Z`, promptCount: 10, tokenCount: 20, costMicros: 0 },
      ],
    })
    expect((await history(token, { from: date(2), to: noon(2) })).promptCount).toBe(4)
  })

  it('answers by hour, in UTC whatever offset was said', async () => {
    const token = await server.signUp()
    const offset = new Date(Date.parse(noon(4)) + 5.5 * HOUR_MS).toISOString().replace('Z', '+05:30')
    await server.track(token, { usage: 1, occurredAt: offset })
    await server.track(token, { usage: 2, occurredAt: noon(4, HOUR_MS - 1) })
    await server.track(token, { usage: 4, occurredAt: noon(4, HOUR_MS) })
    const hours = await history(token, { interval: 'hour', from: noon(4, -1), to: noon(4, 2 * HOUR_MS) })
    expect(hours.buckets.map((bucket: { promptCount: number }) => bucket.promptCount)).toEqual([0, 3, 4])
    expect(hours.buckets[1].start).toBe(noon(4))
    const byOffset = await history(token, {
      interval: 'hour',
      from: offset,
      to: new Date(Date.parse(noon(4, HOUR_MS)) - 3 * HOUR_MS).toISOString().replace('Z', '-03:00'),
    })
    expect(byOffset.promptCount).toBe(3)
  })

  it('shows the same sums by hour, day and month, and they are the counts', async () => {
    const token = await server.signUp()
    const events = Array.from({ length: 60 }, (_, index) => ({
      idempotencyKey: `event-${index}`,
      usage: index % 4,
      tokenCount: index * 10,
      costMicros: 0,
      model: `model-${index % 3}`,
      source: `source/${index % 2}`,
      ...(index % 5 !== 0 && {
        occurredAt: noon(1 + ((index * 7) % 28), (index % 12) * HOUR_MS - 6 * HOUR_MS),
      }),
    }))
    const results = (await trackBatch(server, token, events)).json().results
    expect(results.filter((result: { status: number }) => result.status !== 200)).toEqual([])
    const counts = await countsOf(server, token)
    expect(counts.prompts).toBe(events.reduce((sum, { usage }) => sum + usage, 0))
    for (const interval of ['hour', 'day', 'month']) {
      for (const groupBy of [undefined, 'model', 'source']) {
        const query = { interval, from: date(31), to: noon(-1), ...(groupBy !== undefined && { groupBy }) }
        const { promptCount, tokenCount, buckets } = await history(token, query)
        expect({ prompts: promptCount, tokens: tokenCount }).toEqual(counts)
        const all = groupBy === undefined ? buckets : buckets.flatMap(({ groups }: { groups: [] }) => groups)
        const sum = (field: string) =>
          all.reduce((total: number, part: Record<string, number>) => total + (part[field] ?? 0), 0)
        expect({ prompts: sum('promptCount'), tokens: sum('tokenCount') }).toEqual(counts)
      }
    }
  })

  it('splits by model or source, largest first, null where none was named', async () => {
    const token = await server.signUp()
    const occurredAt = noon(1)
    await server.track(token, { usage: 1, tokenCount: 10, model: 'small', source: 'ide/1', occurredAt })
    await server.track(token, { usage: 1, tokenCount: 90, model: 'large', occurredAt })
    await server.track(token, { usage: 2, tokenCount: 40, source: 'ide/1', occurredAt })
    await server.track(token, { usage: 1, tokenCount: 5, model: 'small', occurredAt })
    const range = { from: date(1), to: date(0) }
    expect((await history(token, { ...range, groupBy: 'model' })).buckets[0].groups).toEqual([
      { name: 'large', promptCount: 1, tokenCount: 90, costMicros: 0 },
      { name: null, promptCount: 2, tokenCount: 40, costMicros: 0 },
      { name: 'small', promptCount: 2, tokenCount: 15, costMicros: 0 },
    ])
    expect((await history(token, { ...range, groupBy: 'source' })).buckets[0].groups).toEqual([
      { name: null, promptCount: 2, tokenCount: 95, costMicros: 0 },
      { name: 'ide/1', promptCount: 3, tokenCount: 50, costMicros: 0 },
    ])
  })

  it('keeps 100 models a day apart and counts the rest as other, losing nothing', async () => {
    const token = await server.signUp()
    const events = Array.from({ length: 130 }, (_, index) => ({
      idempotencyKey: `model-${index}`,
      usage: 1,
      tokenCount: 1,
      costMicros: 0,
      model: `model-${index}`,
      occurredAt: noon(6),
    }))
    await trackBatch(server, token, events.slice(0, 60))
    await trackBatch(server, token, events.slice(60))
    await server.track(token, { usage: 1, model: 'model-5', occurredAt: noon(6) })
    await server.track(token, { usage: 1, model: 'model-129', occurredAt: noon(5) })
    const { buckets } = await history(token, { from: date(6), to: date(4), groupBy: 'model' })
    const [full, next] = buckets as { promptCount: number; groups: { name: string; promptCount: number }[] }[]
    expect(full?.promptCount).toBe(131)
    expect(full?.groups).toHaveLength(101)
    expect(full?.groups.find(({ name }) => name === 'other')?.promptCount).toBe(30)
    expect(full?.groups.find(({ name }) => name === 'model-5')?.promptCount).toBe(2)
    expect(next?.groups).toEqual([{ name: 'model-129', promptCount: 1, tokenCount: 0, costMicros: 0 }])
  })

  it('takes a replay for no usage', async () => {
    const token = await server.signUp()
    const event = { usage: 1, tokenCount: 2, occurredAt: noon(1) }
    for (let index = 0; index < 3; index++) await server.track(token, event, { 'idempotency-key': 'again' })
    expect(await history(token, { from: date(1), to: date(0) })).toMatchObject({
      promptCount: 1,
      tokenCount: 2,
      costMicros: 0,
    })
  })

  it("never shows another user's usage", async () => {
    const [one, other] = [await server.signUp(), await server.signUp()]
    await server.track(one, { usage: 7 })
    expect(await history(other, {})).toMatchObject({ promptCount: 0, tokenCount: 0, costMicros: 0 })
    expect(await history(one, {})).toMatchObject({ promptCount: 7 })
  })

  it.each([
    [{ from: '2026-02-30' }],
    [{ from: '2026-11-02', to: '2026-11-01' }],
    [{ from: '2026-11-01', to: '2026-11-01' }],
    [{ from: 'yesterday' }],
    [{ to: '2026-11-01T00:00:00' }],
    [{ to: '0000-01-01', interval: 'month' }],
    [{ from: '9999-01-01', to: '9999-12-31' }],
    [{ from: '1970-01-01', to: '2026-01-01', interval: 'hour' }],
    [{ interval: 'week' }],
    [{ interval: '' }],
    [{ groupBy: 'user' }],
    [{ groupBy: 'model; drop table users' }],
    [{ unknown: '1' }],
    [{ __proto__x: '1' }],
    [{ from: '\u0000' }],
    [{ from: '2'.repeat(5000) }],
  ] as Record<string, string>[][])('is refused for %j', async (query) => {
    const token = await server.signUp()
    const answer = await askHistory(token, query as Record<string, string>)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ error: expect.any(String), code: 'invalid_request' })
  })

  it.each(['from=2026-11-01&from=2026-11-02', '__proto__=1', 'constructor=1', 'interval[]=day'])(
    'is refused for the query %s',
    async (query) => {
      const token = await server.signUp()
      const answer = await server.request({ url: `/api/me/usage?${query}`, headers: bearer(token) })
      expect(answer.statusCode).toBe(400)
      expect(answer.json()).toMatchObject({ code: 'invalid_request' })
    },
  )
})
