import { MAX_COUNT } from '@promptmeter/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addUser, admin } from './support/admin-requests.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { createTestDatabase, describeOnBothEngines } from './support/test-database.ts'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

/** One hour for all, so that no test depends on where in an hour it runs. */
const AT = new Date(Date.now() - HOUR_MS).toISOString()

describeOnBothEngines('a correction', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const correct = (id: string, body: object, headers: Record<string, string> = {}) =>
    admin(server, 'POST', `/${id}/corrections`, { reason: 'a test', occurredAt: AT, ...body }, headers)

  const track = (token: string, body: object, headers: Record<string, string> = {}) =>
    server.track(token, { occurredAt: AT, ...body }, headers)

  const userOf = async (id: string) => (await admin(server, 'GET', `/${id}`)).json()

  const historyOf = async (id: string, query: string) =>
    (await admin(server, 'GET', `/${id}/usage?${query}`)).json()

  it('moves the counts, the hour and the day that it amends, and nothing else', async () => {
    const { user, token } = await addUser(server)
    const before = new Date(Date.now() - 3 * DAY_MS).toISOString()
    await track(token, { usage: 5, tokenCount: 500, occurredAt: before, model: 'm', source: 's' })
    await track(token, { usage: 1, tokenCount: 10 })

    const answer = await correct(user.id, {
      usage: -2,
      tokenCount: -200,
      occurredAt: before,
      model: 'm',
      source: 's',
    })
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toEqual({
      ...user,
      promptCount: 4,
      tokenCount: 310,
      remaining: 6,
      usedShare: 0.4,
      lastUsedAt: expect.stringMatching(/:00:00\.000Z$/),
    })
    expect(await userOf(user.id)).toEqual(answer.json())

    for (const interval of ['day', 'hour']) {
      const { buckets } = await historyOf(
        user.id,
        `interval=${interval}&groupBy=model&from=${before.slice(0, 10)}`,
      )
      const used = buckets.filter(({ tokenCount }: { tokenCount: number }) => tokenCount > 0)
      expect(used.map(({ promptCount, tokenCount }: never) => [promptCount, tokenCount])).toEqual([
        [3, 300],
        [1, 10],
      ])
      expect(used[0].groups).toEqual([{ name: 'm', promptCount: 3, tokenCount: 300, costMicros: 0 }])
    }
    expect(await findContradictions(server.database)).toEqual([])
  })

  it('is kept as an event with its reason, and changes no event before it', async () => {
    const { user, token } = await addUser(server)
    await track(token, { usage: 3 })
    await correct(user.id, { usage: -1, reason: 'Duplicate of Monday' })
    const events = await server.database.kysely
      .selectFrom('usage_events')
      .select(['seq', 'kind', 'prompts', 'tokens', 'reason', 'prompt_count_after'])
      .where('user_id', '=', user.id)
      .orderBy('seq')
      .execute()
    expect(events).toEqual([
      { seq: 1, kind: 'usage', prompts: 3, tokens: 0, reason: null, prompt_count_after: 3 },
      {
        seq: 2,
        kind: 'correction',
        prompts: -1,
        tokens: 0,
        reason: 'Duplicate of Monday',
        prompt_count_after: 2,
      },
    ])
  })

  it('may take everything away, add, and do both at once', async () => {
    const { user, token } = await addUser(server)
    await track(token, { usage: 3, tokenCount: 7 })
    expect((await correct(user.id, { usage: -3, tokenCount: -7 })).json()).toMatchObject({
      promptCount: 0,
      tokenCount: 0,
    })
    expect((await correct(user.id, { usage: 2 })).json()).toMatchObject({ promptCount: 2, tokenCount: 0 })
    expect((await correct(user.id, { usage: -1, tokenCount: 9 })).json()).toMatchObject({
      promptCount: 1,
      tokenCount: 9,
    })
    expect(await findContradictions(server.database)).toEqual([])
  })

  it('below zero is refused in words and writes nothing, in all, in the hour and for the model', async () => {
    const { user, token } = await addUser(server)
    await track(token, { usage: 5, tokenCount: 50, model: 'gpt-5-mini' })
    const standing = await userOf(user.id)
    const elsewhere = new Date(Date.now() - 2 * DAY_MS).toISOString()
    const refusals = [
      [{ usage: -6, model: 'gpt-5-mini' }, 'The prompts cannot go down by 6: there are 5 in all.'],
      [{ tokenCount: -51, model: 'gpt-5-mini' }, 'The tokens cannot go down by 51: there are 50 in all.'],
      [
        { usage: -1, model: 'gpt-5-mini', occurredAt: elsewhere },
        `The prompts cannot go down by 1: there are 0 in the hour of ${elsewhere.slice(0, 13)}:00Z of model "gpt-5-mini" and without a source.`,
      ],
      [
        { usage: -1, model: 'gpt-5-mini', source: 'an-extension/1' },
        expect.stringContaining('there are 0 in'),
      ],
      [{ usage: -1 }, expect.stringContaining('without a model')],
      [{ usage: 1, tokenCount: -51, model: 'gpt-5-mini' }, expect.stringContaining('tokens')],
    ] as const
    for (const [body, error] of refusals) {
      const answer = await correct(user.id, body)
      expect(answer.statusCode).toBe(422)
      expect(answer.json()).toEqual({ error, code: 'below_zero' })
    }
    expect(await userOf(user.id)).toEqual(standing)
    const events = await server.database.kysely
      .selectFrom('usage_events')
      .selectAll()
      .where('user_id', '=', user.id)
      .execute()
    expect(events).toHaveLength(1)
  })

  it('past the range of a count is refused and writes nothing', async () => {
    const { user } = await addUser(server)
    await correct(user.id, { usage: MAX_COUNT, tokenCount: 1 })
    const answer = await correct(user.id, { usage: 1, tokenCount: 1 })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'invalid_usage' })
    expect(await userOf(user.id)).toMatchObject({ promptCount: MAX_COUNT, tokenCount: 1 })
    expect((await correct(user.id, { usage: -MAX_COUNT })).json()).toMatchObject({ promptCount: 0 })
  })

  it.each([
    [{}],
    [{ usage: 0, tokenCount: 0 }],
    [{ usage: 1.5 }],
    [{ usage: '1' }],
    [{ usage: -MAX_COUNT - 1 }],
    [{ usage: 1, reason: undefined }],
    [{ usage: 1, reason: '' }],
    [{ usage: 1, reason: 'a\u0000b' }],
    [{ usage: 1, reason: 'x'.repeat(501) }],
    [{ usage: 1, kind: 'usage' }],
    [{ usage: 1, model: '' }],
    [{ usage: 1, occurredAt: 'yesterday' }],
    [{ usage: 1, occurredAt: '2026-02-30T00:00:00Z' }],
    [{ usage: 1, occurredAt: '1999-12-31T23:59:59Z' }],
    [{ usage: 1, occurredAt: new Date(Date.now() + HOUR_MS).toISOString() }],
  ])('of %j is refused and writes nothing', async (body) => {
    const { user } = await addUser(server)
    const answer = await correct(user.id, body)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'invalid_usage' })
    expect(await userOf(user.id)).toEqual(user)
  })

  it('may lie any time since 2000, and a little ahead', async () => {
    const { user } = await addUser(server)
    for (const occurredAt of ['2000-01-01T00:00:00Z', new Date(Date.now() + HOUR_MS / 20).toISOString()])
      expect((await correct(user.id, { usage: 1, occurredAt })).statusCode).toBe(201)
    expect(await historyOf(user.id, 'from=2000-01-01&to=2000-01-02')).toMatchObject({ promptCount: 1 })
  })

  it('is placed now when it names no time', async () => {
    const { user } = await addUser(server)
    const before = new Date()
    await correct(user.id, { usage: 1, occurredAt: undefined })
    expect(await historyOf(user.id, `interval=hour&from=${before.toISOString()}`)).toMatchObject({
      promptCount: 1,
    })
    expect(await findContradictions(server.database)).toEqual([])
  })

  it('reaches a disabled user too', async () => {
    const { user } = await addUser(server)
    await admin(server, 'PATCH', `/${user.id}`, { disabled: true })
    expect((await correct(user.id, { usage: 2 })).json()).toMatchObject({ promptCount: 2, disabled: true })
  })

  it('of a model past the hundredth of a day amends what is kept as other', async () => {
    const { user, token } = await addUser(server)
    for (let index = 0; index < 101; index++) await track(token, { usage: 1, model: `model-${index}` })
    expect((await correct(user.id, { usage: -1, model: 'model-100' })).json()).toMatchObject({
      promptCount: 100,
    })
    expect((await correct(user.id, { usage: -1, model: 'model-100' })).statusCode).toBe(422)
    expect((await correct(user.id, { usage: -1, model: 'model-0' })).statusCode).toBe(201)
  })

  it('with a key counts once, and a retry gets the first answer', async () => {
    const { user, token } = await addUser(server)
    await track(token, { usage: 5 })
    const headers = { 'idempotency-key': '"amend-1"' }
    const answers = await Promise.all([1, 2, 3, 4].map(() => correct(user.id, { usage: -2 }, headers)))
    await track(token, { usage: 1 })
    answers.push(await correct(user.id, { usage: -2 }, { 'idempotency-key': 'amend-1' }))
    for (const answer of answers) {
      expect(answer.statusCode).toBe(201)
      expect(answer.json()).toMatchObject({ promptCount: 3, remaining: 7 })
    }
    const replayed = answers.map(({ headers }) => headers['idempotent-replayed'])
    expect(replayed.filter((value) => value === undefined)).toHaveLength(1)
    expect(await userOf(user.id)).toMatchObject({ promptCount: 4 })
  })

  it('shares its keys with the usage events of the user, and with nobody else', async () => {
    const { user, token } = await addUser(server)
    const key = { 'idempotency-key': 'shared' }
    await track(token, { usage: 1 }, key)
    expect((await correct(user.id, { usage: 1 }, key)).json()).toMatchObject({
      code: 'idempotency_key_reused',
    })
    await correct(user.id, { usage: 1 }, { 'idempotency-key': 'amend' })
    const tracked = await track(token, { usage: 1 }, { 'idempotency-key': 'amend' })
    expect(tracked.json()).toMatchObject({ code: 'idempotency_key_reused' })
    const changed = await correct(user.id, { usage: 1, reason: 'another' }, { 'idempotency-key': 'amend' })
    expect(changed.statusCode).toBe(422)
    const { user: other } = await addUser(server)
    expect((await correct(other.id, { usage: 1 }, key)).statusCode).toBe(201)
    expect((await correct(other.id, { usage: 1 }, { 'idempotency-key': 'two words' })).json()).toMatchObject({
      code: 'idempotency_key_invalid',
    })
  })

  it('is right beside usage and other corrections of the same user', async () => {
    const { user, token } = await addUser(server)
    await track(token, { usage: 100, tokenCount: 500 })
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => [
        track(token, { usage: 2, tokenCount: 1 }),
        correct(user.id, { usage: -1, tokenCount: index % 2 }),
      ]).flat(),
    )
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200, 201]))
    expect(await userOf(user.id)).toMatchObject({ promptCount: 160, tokenCount: 590 })
    expect(await findContradictions(server.database)).toEqual([])
  })

  it('never goes below zero, however many take away at once', async () => {
    const { user, token } = await addUser(server)
    await track(token, { usage: 10 })
    const answers = await Promise.all(Array.from({ length: 40 }, () => correct(user.id, { usage: -1 })))
    expect(answers.filter(({ statusCode }) => statusCode === 201)).toHaveLength(10)
    expect(answers.filter(({ statusCode }) => statusCode === 422)).toHaveLength(30)
    expect(await userOf(user.id)).toMatchObject({ promptCount: 0 })
    expect(await findContradictions(server.database)).toEqual([])
  })
})

it('corrections over two replicas add up to the sum of the events', async () => {
  const testDatabase = await createTestDatabase('postgres')
  const [one, other] = [
    await startTestApp('postgres', { testDatabase }),
    await startTestApp('postgres', { testDatabase }),
  ]
  try {
    const { user, token } = await addUser(one, { email: 'two-replicas@example.com' })
    await one.track(token, { usage: 100, occurredAt: AT })
    const answers = await Promise.all(
      Array.from({ length: 40 }, () =>
        [one, other].flatMap((server) => [
          server.track(token, { usage: 1, occurredAt: AT }),
          admin(server, 'POST', `/${user.id}/corrections`, {
            usage: -1,
            occurredAt: AT,
            reason: 'both',
          }),
        ]),
      ).flat(),
    )
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200, 201]))
    expect((await admin(other, 'GET', `/${user.id}`)).json()).toMatchObject({ promptCount: 100 })
    expect(await findContradictions(one.database)).toEqual([])
  } finally {
    await Promise.all([one.close(), other.close()])
    await testDatabase.remove()
  }
})
