import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClient, LimitReachedError, type PromptmeterClient } from '../src/index.ts'
import { caught } from './support/caught.ts'
import { counted } from './support/counting-server.ts'
import { fixJitter, hurryTimers, onPause, restoreTimersAfterEach } from './support/hurried-timers.ts'
import {
  answer,
  hangUp,
  inTurn,
  refuse,
  type Script,
  type ScriptedServer,
  startScriptedServer,
} from './support/scripted-server.ts'

const succeed: Script = (_request, response) => answer(response, counted(1))
const refuseWith =
  (status: number, code: string, headers: Record<string, string> = {}): Script =>
  (_request, response) =>
    refuse(response, status, code, headers)

describe('a request that failed', () => {
  let server: ScriptedServer
  let client: PromptmeterClient
  let pauses: number[]
  beforeEach(async () => {
    server = await startScriptedServer(succeed)
    client = createClient({ serverUrl: server.url, token: 'a-token' })
    pauses = hurryTimers()
    fixJitter(0.5)
  })
  afterEach(() => server.close())
  restoreTimersAfterEach()

  it.each<[string, Script]>([
    ['no answer', hangUp],
    ['500', refuseWith(500, 'internal_error')],
    ['503', refuseWith(503, 'overloaded')],
    ['a page of a proxy', (_request, response) => answer(response, '<h1>Bad gateway</h1>', { status: 502 })],
  ])('with %s is tried again, under the same idempotency key and with the same body', async (_name, fail) => {
    server.script = inTurn(fail, fail, fail, succeed)
    expect(await client.trackUsage({ usage: 1 })).toMatchObject({ currentPromptCount: 1 })
    expect(server.requests).toHaveLength(4)
    expect(new Set(server.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect(server.requests[0]?.headers['idempotency-key']).toMatch(/^"[0-9a-f-]{36}"$/)
    expect(new Set(server.requests.map(({ text }) => text)).size).toBe(1)
    expect(pauses).toEqual([150, 300, 600])
  })

  it('is tried three times more and no more, then tells of the last answer', async () => {
    server.script = refuseWith(503, 'draining')
    expect(await caught(client.me())).toMatchObject({
      code: 'draining',
      status: 503,
      message: 'Refused with draining.',
    })
    expect(server.requests).toHaveLength(4)
  })

  it('waits as long as the server asks, and the jitter on top', async () => {
    server.script = inTurn(refuseWith(503, 'overloaded', { 'retry-after': '7' }), succeed)
    await client.trackUsage({ usage: 1 })
    expect(pauses).toEqual([7_150])
  })

  it('is not waited for longer than 30 s: the caller is told how long', async () => {
    server.script = refuseWith(429, 'too_many_attempts', { 'retry-after': '31' })
    expect(await caught(client.me())).toMatchObject({ code: 'too_many_attempts', retryAfterMs: 31_000 })
    expect(server.requests).toHaveLength(1)
    expect(pauses).toEqual([])
  })

  it('is not tried again where the server says so', async () => {
    server.script = refuseWith(503, 'overloaded', { 'x-should-retry': 'false' })
    expect(await caught(client.trackUsage({ usage: 1 }))).toMatchObject({ code: 'overloaded' })
    expect(server.requests).toHaveLength(1)
  })

  it.each([400, 403, 404, 409, 422])('with %i is not tried again', async (status) => {
    server.script = refuseWith(status, 'invalid_request')
    expect(await caught(client.trackUsage({ usage: 1 }))).toMatchObject({ status })
    expect(server.requests).toHaveLength(1)
  })

  it('is not tried again by a client that wants no retries', async () => {
    server.script = hangUp
    const once = createClient({ serverUrl: server.url, maxRetries: 0 })
    expect(await caught(once.trackUsage({ usage: 1 }))).toMatchObject({
      name: 'NetworkError',
      code: 'network_error',
    })
    expect(server.requests).toHaveLength(1)
  })

  it.each<[string, (client: PromptmeterClient) => Promise<unknown>]>([
    ['a sign-in by address', (own) => own.signUp('ada@example.com')],
    ['a mailed code', (own) => own.verify({ challengeId: 'c', code: '123456' })],
    ['a new key', (own) => own.keys.create({ name: 'Build server' })],
  ])('and was %s is never sent twice', async (_name, act) => {
    for (const fail of [
      hangUp,
      refuseWith(503, 'overloaded', { 'retry-after': '1', 'x-should-retry': 'true' }),
    ]) {
      server.script = fail
      const before = server.requests.length
      await caught(act(client))
      expect(server.requests.length - before).toBe(1)
    }
    expect(pauses).toEqual([])
  })

  it.each<[string, (client: PromptmeterClient) => Promise<unknown>]>([
    ['a batch', (own) => own.trackUsageBatch([{ idempotencyKey: 'a' }])],
    ['a renewal', (own) => own.renew()],
    ['a key that ends', (own) => own.keys.revoke('id')],
    ['a list', (own) => own.sessions.list()],
  ])('and was %s is sent again', async (_name, act) => {
    server.script = inTurn(hangUp, (_request, response) => answer(response, { results: [], sessions: [] }))
    await act(client)
    expect(server.requests).toHaveLength(2)
    expect(server.requests[1]).toMatchObject({ text: server.requests[0]?.text })
  })

  it('a limit that is reached is told at once, in the shape of the gateway', async () => {
    const limit = {
      meter: 'cost',
      window: 'month',
      amount: 5,
      used: 5,
      held: 0,
      remaining: 0,
      resetsAt: '2026-12-01T00:00:00.000Z',
    }
    const error = { message: 'Reached.', code: 'insufficient_quota', limit, upgradeUrl: null }
    server.script = (_request, response) =>
      answer(
        response,
        { error, code: 'insufficient_quota' },
        { status: 429, headers: { 'x-should-retry': 'false' } },
      )
    const thrown = await caught(client.models())
    expect(thrown).toBeInstanceOf(LimitReachedError)
    expect(thrown).toMatchObject({ limit, resetsAt: new Date('2026-12-01'), upgradeUrl: null })
    expect(server.requests).toHaveLength(1)
  })
})

describe('a signal', () => {
  restoreTimersAfterEach()

  it('ends the pause with its reason, and nothing is sent any more', async () => {
    const controller = new AbortController()
    const reason = new Error('the window is closed')
    const server = await startScriptedServer(refuseWith(503, 'overloaded', { 'retry-after': '29' }))
    onPause(() => controller.abort(reason))
    const client = createClient({ serverUrl: server.url })
    expect(await caught(client.me({ signal: controller.signal }))).toBe(reason)
    expect(server.requests).toHaveLength(1)
    await server.close()
  })

  it('ends a request that is under way with its reason', async () => {
    const controller = new AbortController()
    const server = await startScriptedServer(() => controller.abort('enough'))
    const client = createClient({ serverUrl: server.url })
    expect(await caught(client.trackUsage({ usage: 1 }, { signal: controller.signal }))).toBe('enough')
    expect(server.requests).toHaveLength(1)
    await server.close()
  })
})
