import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ask, CHAT, STREAMED_CHAT } from './support/gateway-client.ts'
import { type GatewayReplicas, startGatewayReplicas } from './support/gateway-replicas.ts'
import { answerUsually, sendJson, type UpstreamCall } from './support/scripted-upstream.ts'
import type { TestGateway } from './support/test-gateway.ts'

let replicas: GatewayReplicas
let gateway: TestGateway
beforeAll(async () => {
  replicas = await startGatewayReplicas('postgres', 3)
  gateway = replicas.at(0)
})
afterAll(() => replicas.close())
afterEach(() => {
  replicas.upstream.script = answerUsually
})

const limit = (meter: string, amount: number, window: string) => ({ meter, window, amount })
const signUp = (...limits: object[]) => gateway.signUp({ overrides: { limits } })

async function call(token: string, body: object = CHAT, { url }: { url: string } = gateway) {
  const asked = ask(url, token, { body })
  const { status, headers } = await asked.answered
  await asked.text()
  return { status, headers }
}

describe('RateLimit headers', () => {
  it('are on every kind of answer', async () => {
    const overrides = {
      limits: [limit('prompts', 1000, 'month')],
      allowedModels: ['gpt-*'],
      concurrentCalls: 50,
    }
    const token = await gateway.signUp({ overrides })
    const key = { 'idempotency-key': 'charged' }
    await ask(gateway.url, token, { headers: key }).text()
    const refusedBy = (status: number) => (_: UpstreamCall, response: ServerResponse) =>
      sendJson(response, { error: { message: 'no' } }, { status })
    const kinds: [number, Parameters<typeof ask>[2], typeof answerUsually?][] = [
      [200, { body: CHAT }],
      [200, {}],
      [400, { body: '{' }],
      [400, { body: CHAT, headers: { 'idempotency-key': '"' } }],
      [403, { body: { ...CHAT, model: 'o3' } }],
      [404, {}, refusedBy(404)],
      [409, { headers: key }],
      [413, { body: `"${'x'.repeat(33 * 1024 * 1024)}"` }],
      [415, { headers: { 'content-type': 'text/plain' } }],
      [429, {}, refusedBy(429)],
      [500, {}, refusedBy(500)],
      [502, {}, refusedBy(401)],
      [502, {}, (_, response) => response.destroy()],
    ]
    for (const [status, options, script] of kinds) {
      if (script) replicas.upstream.script = script
      const asked = ask(gateway.url, token, options)
      const answer = await asked.answered
      await asked.text()
      replicas.upstream.script = answerUsually
      expect([status, answer.status]).toEqual([status, status])
      expect([status, answer.headers.get('ratelimit-policy')]).toEqual([
        status,
        expect.stringMatching(
          /^"prompts-lifetime";q=1000000, "prompts-month";q=1000;w=\d+, "concurrent-calls";q=50;qu="concurrent-requests"$/,
        ),
      ])
      expect([status, answer.headers.get('ratelimit')]).toEqual([
        status,
        expect.stringMatching(
          /^"prompts-lifetime";r=\d+, "prompts-month";r=\d+;t=\d+, "concurrent-calls";r=\d+$/,
        ),
      ])
    }
    const empty = await signUp(limit('prompts', 0, 'day'))
    expect((await call(empty)).headers.get('ratelimit')).toMatch(/"prompts-day";r=0;t=\d+/)
    const models = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${token}` } })
    expect(models.headers.get('ratelimit')).toMatch(/"prompts-month";r=\d+/)
  })

  it('say what is left after a call that is charged, and what was left before one that is free', async () => {
    const token = await signUp(limit('prompts', 5, 'month'))
    const left = ({ headers }: { headers: Headers }) =>
      /"prompts-month";r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]
    expect(left(await call(token))).toBe('4')
    replicas.upstream.script = (_call, response) => sendJson(response, {}, { status: 503 })
    expect(left(await call(token))).toBe('4')
    replicas.upstream.script = (_call, response) => response.destroy()
    expect(left(await call(token))).toBe('4')
    replicas.upstream.script = answerUsually
    expect(left(await call(token, STREAMED_CHAT))).toBe('3')
  })
})

describe('the calls of one minute', () => {
  it('are counted over all replicas', async () => {
    const minute = () => Math.floor(Date.now() / 60_000)
    for (;;) {
      const token = await gateway.signUp({ overrides: { requestsPerMinute: 5 } })
      const before = minute()
      const calls = Array.from({ length: 30 }, (_, index) => call(token, CHAT, replicas.at(index)))
      const passed = (await Promise.all(calls)).filter(({ status }) => status === 200)
      // The minute may have turned meanwhile: then these were the calls of two.
      if (minute() !== before) continue
      expect(passed).toHaveLength(5)
      expect(await gateway.events(token)).toHaveLength(5)
      break
    }
  })
})
