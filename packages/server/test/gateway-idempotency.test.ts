import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { ask, CHAT, CHAT_TOKENS, MODEL, STREAMED_CHAT, tokensOf, words } from './support/gateway-client.ts'
import { type GatewayReplicas, startGatewayReplicas } from './support/gateway-replicas.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { answerUsually, beginStream, type Script, sendJson } from './support/scripted-upstream.ts'
import { describeOnBothEngines } from './support/test-database.ts'
import { MESSAGES, until } from './support/test-gateway.ts'

describeOnBothEngines('an idempotency key', (engine) => {
  let replicas: GatewayReplicas
  beforeAll(async () => {
    replicas = await startGatewayReplicas(engine, 3)
  })
  afterAll(() => replicas.close())
  afterEach(() => {
    replicas.upstream.script = answerUsually
  })

  async function call(token: string, key: string, { at = 0, body = CHAT as object } = {}) {
    const asked = ask(replicas.at(at).url, token, { body, headers: { 'idempotency-key': key } })
    const { status, headers } = await asked.answered
    const text = await asked.text()
    const error = status === 200 ? null : JSON.parse(text).error
    return { status, error, retry: headers.get('x-should-retry'), after: headers.get('retry-after') }
  }
  const signUp = () => replicas.at(0).signUp()
  const eventsOf = (token: string) => replicas.at(0).events(token)

  it('of a call that was charged is refused with what was recorded, on every replica, and sent no more', async () => {
    const token = await signUp()
    for (const [key, body] of [
      ['whole', CHAT],
      ['streamed', STREAMED_CHAT],
    ] as const) {
      expect((await call(token, key, { body })).status).toBe(200)
      const before = replicas.upstream.calls.length
      for (const at of [0, 1, 2]) {
        expect(await call(token, key, { at, body })).toEqual({
          status: 409,
          retry: 'false',
          after: null,
          error: {
            message: 'A call with this idempotency key was charged before.',
            type: 'invalid_request_error',
            param: null,
            code: 'idempotency_key_used',
            usage: {
              promptCount: 1,
              tokenCount: 29,
              costMicros: 0,
              inputTokens: 21,
              cachedInputTokens: 16,
              outputTokens: 8,
              reasoningTokens: 3,
              estimated: false,
            },
          },
        })
      }
      expect(replicas.upstream.calls.length).toBe(before)
    }
    expect(await eventsOf(token)).toMatchObject([{ key: 'whole' }, { key: 'streamed' }])
  })

  it('is told of by the official client as a conflict, and not tried again', async () => {
    const token = await signUp()
    const client = replicas.at(0).openai(token, { maxRetries: 5 })
    const create = () =>
      client.chat.completions.create(
        { model: MODEL, messages: MESSAGES },
        { headers: { 'Idempotency-Key': 'official' } },
      )
    await create()
    const before = replicas.upstream.calls.length
    await expect(create()).rejects.toBeInstanceOf(OpenAI.ConflictError)
    expect(replicas.upstream.calls.length).toBe(before)
  })

  it('of a call under way is refused, to be tried again, and once that has ended it is the one that was charged', async () => {
    const token = await signUp()
    const taken = replicas.upstream.takeCall()
    const first = call(token, 'k')
    const { call: sent, response } = await taken
    const before = replicas.upstream.calls.length
    for (const at of [0, 1, 2])
      expect(await call(token, 'k', { at })).toMatchObject({
        status: 409,
        retry: 'true',
        after: '1',
        error: { code: 'idempotency_key_in_flight', type: 'invalid_request_error' },
      })
    answerUsually(sent, response)
    expect((await first).status).toBe(200)
    expect(await call(token, 'k', { at: 1 })).toMatchObject({ error: { code: 'idempotency_key_used' } })
    expect(replicas.upstream.calls.length).toBe(before)
    expect(await eventsOf(token)).toHaveLength(1)
  })

  it('sends one of many calls at once, on all replicas, and charges one', async () => {
    const token = await signUp()
    const before = replicas.upstream.calls.length
    const calls = Array.from({ length: 60 }, (_, at) => call(token, 'k', { at }))
    const outcomes = (await Promise.all(calls)).map(({ status, error }) => error?.code ?? status)
    expect(outcomes.filter((outcome) => outcome === 200)).toHaveLength(1)
    expect(
      new Set(outcomes).difference(new Set([200, 'idempotency_key_in_flight', 'idempotency_key_used'])),
    ).toEqual(new Set())
    expect(replicas.upstream.calls.length).toBe(before + 1)
    expect(await eventsOf(token)).toMatchObject([{ key: 'k', tokens: 29 }])
    expect(await findContradictions(replicas.at(0).server.database)).toEqual([])
  })

  const uncharged: [string, Script][] = [
    ['was refused by the upstream', (_, response) => sendJson(response, {}, { status: 500 })],
    ['was refused for our key', (_, response) => sendJson(response, {}, { status: 401 })],
    ['broke before any output', (_, response) => response.destroy()],
    ['was answered with garbage', (_, response) => sendJson(response, '<html>')],
  ]
  it.each(uncharged)('of a call that %s is free again, on every replica', async (_name, script) => {
    const token = await signUp()
    for (const at of [0, 1]) {
      replicas.upstream.script = script
      expect((await call(token, 'k', { at })).status).not.toBe(409)
    }
    replicas.upstream.script = answerUsually
    expect((await call(token, 'k', { at: 2 })).status).toBe(200)
    expect(await eventsOf(token)).toMatchObject([{ key: 'k' }])
  })

  it('of a call that a limit or the plan refused was never taken', async () => {
    const token = await replicas.at(0).signUp({ threshold: 0, overrides: { allowedModels: ['gpt-*'] } })
    expect((await call(token, 'k')).error.code).toBe('insufficient_quota')
    expect((await call(token, 'k', { body: { ...CHAT, model: 'o3' } })).error.code).toBe('model_not_allowed')
    expect((await call(token, 'k', { body: { ...CHAT, model: 7 } })).error.code).toBe('invalid_request')
    const other = await signUp()
    expect((await call(other, 'k')).status).toBe(200)
  })

  it('of a stream that its client left says what was charged, and that it is an estimate', async () => {
    const token = await signUp()
    const taken = replicas.upstream.takeCall()
    const asked = ask(replicas.at(0).url, token, { headers: { 'idempotency-key': 'k' } })
    const { call: sent, response } = await taken
    beginStream(response)
    response.write(words('Hello'))
    await asked.until('Hello')
    asked.leave()
    await sent.aborted
    await until(async () => (await eventsOf(token)).length === 1, 'the call is charged')
    const usage = { inputTokens: CHAT_TOKENS, outputTokens: tokensOf('Hello'), estimated: true }
    expect(await call(token, 'k', { at: 1 })).toMatchObject({ status: 409, error: { usage } })
  })

  it('is the same bare and quoted, and one for each user', async () => {
    const token = await signUp()
    expect((await call(token, 'k-1')).status).toBe(200)
    expect((await call(token, '"k-1"')).status).toBe(409)
    expect((await call(await signUp(), 'k-1')).status).toBe(200)
    for (const key of ['', '"', 'a b', 'ü', 'k'.repeat(256)])
      expect((await call(token, key)).error).toMatchObject({ code: 'idempotency_key_invalid' })
  })

  it('is one for the gateway and /trackUsage', async () => {
    const token = await signUp()
    const { server } = replicas.at(0)
    expect((await call(token, 'gateway')).status).toBe(200)
    const tracked = await server.track(token, { usage: 1 }, { 'idempotency-key': 'gateway' })
    expect(tracked.json()).toMatchObject({ code: 'idempotency_key_reused' })
    await server.track(token, { usage: 1, tokenCount: 5 }, { 'idempotency-key': 'tracked' })
    expect(await call(token, 'tracked')).toMatchObject({
      status: 409,
      error: { code: 'idempotency_key_used', usage: { promptCount: 1, tokenCount: 5, inputTokens: null } },
    })
    expect(await eventsOf(token)).toHaveLength(2)
  })

  it('is needed for that: two calls without are two', async () => {
    const token = await signUp()
    for (const at of [0, 1]) expect(await ask(replicas.at(at).url, token).status()).toBe(200)
    await until(async () => (await eventsOf(token)).length === 2, 'both are charged')
  })
})
