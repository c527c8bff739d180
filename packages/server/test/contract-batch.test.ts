import { afterAll, beforeAll, expect, it } from 'vitest'
import { bearer, countsOf, getMe, trackBatch } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('POST /trackUsage/batch', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  it('answers each event in order with the counts after it', async () => {
    const token = await server.signUp()
    await server.track(token, { usage: 5, tokenCount: 50 })
    const events = Array.from({ length: 1000 }, (_, index) => ({
      idempotencyKey: `event-${index}`,
      usage: 1,
      tokenCount: index,
    }))
    const answer = await trackBatch(server, token, events)
    expect(answer.statusCode).toBe(200)
    let tokens = 50
    expect(answer.json().results).toEqual(
      events.map(({ tokenCount }, index) => {
        tokens += tokenCount
        return {
          status: 200,
          replayed: false,
          message: 'Usage tracked successfully',
          currentPromptCount: 6 + index,
          currentTokenCount: tokens,
          threshold: 10,
          remaining: Math.max(0, 4 - index),
          exceeded: index > 4,
        }
      }),
    )
    expect(await countsOf(server, token)).toEqual({ prompts: 1005, tokens })
  })

  it('counts nothing when sent again, and answers as the first time', async () => {
    const token = await server.signUp()
    const events = [
      { idempotencyKey: 'one', usage: 1 },
      { idempotencyKey: 'two', tokenCount: 9, model: 'm', occurredAt: new Date().toISOString() },
    ]
    const first = (await trackBatch(server, token, events)).json().results
    await server.track(token, { usage: 100 })
    const second = (await trackBatch(server, token, events)).json().results
    expect(second).toEqual(first.map((result: object) => ({ ...result, replayed: true })))
    expect(await countsOf(server, token)).toEqual({ prompts: 101, tokens: 9 })
  })

  it('takes a key repeated inside it for a replay', async () => {
    const token = await server.signUp()
    const event = { idempotencyKey: 'same', usage: 2 }
    const { results } = (await trackBatch(server, token, [event, event, { ...event, usage: 3 }])).json()
    expect(results).toMatchObject([
      { status: 200, replayed: false, currentPromptCount: 2 },
      { status: 200, replayed: true, currentPromptCount: 2 },
      { status: 422, code: 'idempotency_key_reused' },
    ])
  })

  it('knows a key from a single call, and the other way round', async () => {
    const token = await server.signUp()
    await server.track(token, { usage: 1 }, { 'idempotency-key': '"single"' })
    const { results } = (
      await trackBatch(server, token, [
        { idempotencyKey: 'single', usage: 1 },
        { idempotencyKey: 'batch', usage: 1 },
      ])
    ).json()
    expect(results).toMatchObject([{ replayed: true }, { replayed: false }])
    const again = await server.track(token, { usage: 1 }, { 'idempotency-key': 'batch' })
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(await countsOf(server, token)).toEqual({ prompts: 2, tokens: 0 })
  })

  it('lets a bad event fail alone', async () => {
    const token = await server.signUp()
    const bad = [
      null,
      7,
      'event',
      [],
      {},
      { usage: 1 },
      { idempotencyKey: '', usage: 1 },
      { idempotencyKey: 'a b', usage: 1 },
      { idempotencyKey: 'ä', usage: 1 },
      { idempotencyKey: 'k'.repeat(256), usage: 1 },
      { idempotencyKey: 7, usage: 1 },
      { idempotencyKey: 'bad', usage: -1 },
      { idempotencyKey: 'bad', usage: '1' },
      { idempotencyKey: 'bad', usage: Number.MAX_SAFE_INTEGER },
      { idempotencyKey: 'bad', model: 'nul\u0000' },
      { idempotencyKey: 'bad', occurredAt: '0000-01-01T00:00:00Z', model: 'm' },
      { idempotencyKey: 'bad', occurredAt: '2026-12-31T23:59:60Z', model: 'm' },
    ]
    const good = (key: number) => ({ idempotencyKey: `good-${key}`, usage: 1 })
    const events = bad.flatMap((event, index) => [good(index), event])
    const answer = await trackBatch(server, token, events)
    expect(answer.statusCode).toBe(200)
    const { results } = answer.json()
    expect(results).toHaveLength(events.length)
    for (const [index, result] of results.entries()) {
      if (index % 2 === 0) expect(result).toMatchObject({ status: 200, currentPromptCount: index / 2 + 1 })
      else expect(result, `event ${index}`).toMatchObject({ status: 400, code: 'invalid_usage' })
    }
    expect(await countsOf(server, token)).toEqual({ prompts: bad.length, tokens: 0 })
  })

  it.each([
    ['no events', { events: [] }],
    [
      '1,001 events',
      { events: Array.from({ length: 1001 }, (_, index) => ({ idempotencyKey: `k${index}`, usage: 1 })) },
    ],
    ['events that are no list', { events: { 0: { idempotencyKey: 'k', usage: 1 } } }],
    ['nothing', {}],
    ['a list', [{ idempotencyKey: 'k', usage: 1 }]],
  ])('is refused as a whole with %s', async (_, body) => {
    const token = await server.signUp()
    const answer = await server.request({
      method: 'POST',
      url: '/trackUsage/batch',
      headers: { ...bearer(token), 'content-type': 'application/json' },
      payload: JSON.stringify(body),
    })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ error: expect.any(String), code: 'invalid_usage' })
    expect(await countsOf(server, token)).toEqual({ prompts: 0, tokens: 0 })
  })

  it('is refused as a whole when the session has ended, even beside events that are wrong themselves', async () => {
    const token = await server.signUp()
    const { id } = (await getMe(server, token)).json()
    await server.services.sessions.revokeAll(id)
    const answer = await trackBatch(server, token, [{ idempotencyKey: 'k', usage: 1 }, { usage: 1 }])
    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toMatchObject({ code: 'token_invalid' })
  })

  it('is refused as a whole when its user is gone or disabled', async () => {
    const token = await server.signUp()
    const { id } = (await getMe(server, token)).json()
    await server.services.users.update(id, { disabled: true })
    const disabled = await trackBatch(server, token, [{ idempotencyKey: 'k', usage: 1 }])
    expect(disabled.statusCode).toBe(403)
    expect(disabled.json()).toMatchObject({ code: 'user_disabled' })
    await server.database.kysely.deleteFrom('users').where('id', '=', id).execute()
    const gone = await trackBatch(server, token, [{ idempotencyKey: 'k', usage: 1 }])
    expect(gone.statusCode).toBe(404)
    expect(gone.json()).toEqual({ error: 'User not found.', code: 'user_not_found' })
  })
})
