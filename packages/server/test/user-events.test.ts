import type { UsageEventListResponse } from '@promptmeter/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addUser, admin } from './support/admin-requests.ts'
import { trackBatch } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('the events of a user', (engine) => {
  let server: TestApp
  let userId: string
  beforeAll(async () => {
    server = await startTestApp(engine)
    const { user, token } = await addUser(server)
    userId = user.id
    const other = await addUser(server)
    const events = Array.from({ length: 23 }, (_, index) => ({
      idempotencyKey: `e${index}`,
      usage: 1,
      tokenCount: index,
    }))
    await trackBatch(server, token, events)
    await trackBatch(server, other.token, events)
  })
  afterAll(() => server.close())

  const read = async (id: string, query = ''): Promise<UsageEventListResponse> =>
    (await admin(server, 'GET', `/${id}/events${query}`)).json()

  it('come newest first and each once, page by page', async () => {
    const numbers: number[] = []
    const sizes: number[] = []
    let before: number | null = null
    do {
      const page: UsageEventListResponse = await read(userId, `?limit=10${before ? `&before=${before}` : ''}`)
      sizes.push(page.events.length)
      numbers.push(...page.events.map(({ seq }) => seq))
      before = page.nextBefore
    } while (before !== null)
    expect(sizes).toEqual([10, 10, 3])
    expect(numbers).toEqual(Array.from({ length: 23 }, (_, index) => 23 - index))
  })

  it('end where a page ends exactly, and before the first there is none', async () => {
    expect(await read(userId, '?limit=23')).toMatchObject({ events: { length: 23 }, nextBefore: null })
    expect(await read(userId, '?before=1')).toEqual({ events: [], nextBefore: null })
    expect((await read(userId, `?before=${Number.MAX_SAFE_INTEGER}&limit=1`)).events[0]?.seq).toBe(23)
  })

  it('tell what was counted, of which model, where from, when and why', async () => {
    const { user, token } = await addUser(server)
    const occurredAt = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000).toISOString()
    await server.track(token, { usage: 1, tokenCount: 420, model: 'm', source: 's/1', occurredAt })
    await admin(server, 'POST', `/${user.id}/corrections`, {
      costMicros: 7,
      tokenCount: 20,
      reason: 'twice',
    })
    const nothing = {
      inputTokens: null,
      cachedInputTokens: null,
      outputTokens: null,
      reasoningTokens: null,
      estimated: false,
    }
    const { events } = await read(user.id)
    expect(events).toEqual([
      {
        seq: 2,
        kind: 'correction',
        prompts: 0,
        tokens: 20,
        costMicros: 7,
        model: null,
        source: null,
        // It said nothing, so it happened when it was recorded.
        occurredAt: events[0]?.recordedAt,
        recordedAt: expect.stringMatching(/Z$/),
        ...nothing,
        reason: 'twice',
      },
      {
        seq: 1,
        kind: 'usage',
        prompts: 1,
        tokens: 420,
        costMicros: 0,
        model: 'm',
        source: 's/1',
        occurredAt,
        recordedAt: expect.stringMatching(/Z$/),
        ...nothing,
        reason: null,
      },
    ])
  })

  it('begin with what an import brought along', async () => {
    const rows = [{ email: 'opened@example.com', promptCount: 7, createdAt: '2025-03-01T10:30:00Z' }]
    await admin(server, 'POST', '/import', { rows })
    const [user] = (await admin(server, 'GET', '?email=opened@example.com')).json().users
    expect((await read(user.id)).events).toMatchObject([
      { seq: 1, kind: 'opening', prompts: 7, occurredAt: '2025-03-01T10:30:00.000Z' },
    ])
  })

  it.each(['before=0', 'before=1.5', 'before=1e300', 'limit=0', 'limit=201', 'after=3'])(
    'refuse ?%s',
    async (query) => {
      expect((await admin(server, 'GET', `/${userId}/events?${query}`)).statusCode).toBe(400)
    },
  )

  it.each(['019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071', 'not-an-id', '%00'])(
    'of nobody are not found: %s',
    async (id) => {
      const answer = await admin(server, 'GET', `/${id}/events`)
      expect(answer.statusCode).toBe(404)
      expect(answer.json()).toMatchObject({ code: 'user_not_found' })
    },
  )

  it('are for admins alone', async () => {
    const token = await server.signUp()
    const answer = await admin(server, 'GET', `/${userId}/events`, undefined, {
      authorization: `Bearer ${token}`,
    })
    expect(answer.json()).toMatchObject({ code: 'admin_required' })
  })
})
