import { request as httpRequest } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ask, CHAT, CHAT_PATH, MODEL, STREAMED_CHAT } from './support/gateway-client.ts'
import { answerUsually, sendJson, type UpstreamCall } from './support/scripted-upstream.ts'
import { startTestGateway, type TestGateway } from './support/test-gateway.ts'

let gateway: TestGateway
let unlimited: string
let limited: string
beforeAll(async () => {
  // Chosen, so that it takes requests which a proxy has brought.
  gateway = await startTestGateway('postgres', { environment: { SIGN_IN: 'trusted' } })
  unlimited = await gateway.signUp()
  limited = await gateway.signUp({
    overrides: { limits: [{ meter: 'tokens', window: 'day', amount: 1_000_000 }], defaultMaxTokens: 500 },
  })
})
afterAll(() => gateway.close())
afterEach(() => {
  gateway.upstream.script = answerUsually
})

/** What reached the upstream of this body, or nothing, and what the client was answered. */
async function send(token: string, body: string, path = CHAT_PATH, headers: Record<string, string> = {}) {
  const before = gateway.upstream.calls.length
  const asked = ask(gateway.url, token, { path, body, headers })
  const { status } = await asked.answered
  const answer = await asked.text()
  const calls = gateway.upstream.calls.slice(before)
  expect(calls.length).toBeLessThanOrEqual(1)
  return { status, answer, call: calls[0], sent: calls[0]?.rawBody.toString() }
}

describe('headers', () => {
  it('of the client that name it, or choose an account of the operator, never go up', async () => {
    const secrets = {
      cookie: 'session=canary-cookie',
      'openai-organization': 'canary-organization',
      'openai-project': 'canary-project',
      'proxy-authorization': 'Basic canary-proxy',
      'x-api-key': 'canary-key',
      'api-key': 'canary-key',
      'x-forwarded-for': '203.0.113.7',
      'x-promptmeter-source': 'canary-source',
      'idempotency-key': 'canary-idempotency',
      'x-request-id': 'canary-request',
      'x-stainless-lang': 'canary-js',
      referer: 'https://canary.example.com',
    }
    const passed = { 'openai-beta': 'assistants=v2', 'user-agent': 'editor/1.0', accept: 'text/event-stream' }
    const { call } = await send(unlimited, JSON.stringify(CHAT), CHAT_PATH, { ...secrets, ...passed })
    const headers = (call as UpstreamCall).headers
    expect(headers).toMatchObject(passed)
    expect(headers.authorization).toMatch(/^Bearer sk-planted/)
    expect(JSON.stringify(headers)).not.toContain(unlimited)
    expect(JSON.stringify(headers)).not.toMatch(/canary|203\.0/)
    expect(Object.keys(headers).sort()).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'openai-beta',
      'user-agent',
    ])
  })

  it('of the upstream that tell of the account of the operator, or set cookies, stop here', async () => {
    const kept = {
      'set-cookie': 'session=canary',
      'openai-organization': 'canary-organization',
      'openai-project': 'canary-project',
      'x-ratelimit-limit-requests': '5000',
      'x-ratelimit-remaining-tokens': '159999',
      'x-ratelimit-reset-tokens': '6ms',
      'cf-ray': 'canary-ray',
      server: 'canary-server',
      'strict-transport-security': 'max-age=1',
      'access-control-allow-origin': '*',
      'access-control-allow-credentials': 'true',
      'content-security-policy': 'canary',
      location: 'https://canary.example.com',
      'www-authenticate': 'Basic realm="canary"',
      'x-request-id': 'upstream-7',
    }
    const passed = { 'openai-model': MODEL, 'openai-version': '2020-10-01', 'openai-processing-ms': '12' }
    for (const kind of ['whole', 'stream', 'refusal', 'models'] as const) {
      gateway.upstream.script = (call, response) => {
        for (const [name, value] of Object.entries({ ...kept, ...passed })) response.setHeader(name, value)
        if (kind === 'refusal') sendJson(response, { error: { message: 'no' } }, { status: 500 })
        else answerUsually(call, response)
      }
      const asked =
        kind === 'models'
          ? null
          : ask(gateway.url, unlimited, { body: kind === 'stream' ? STREAMED_CHAT : CHAT })
      const answer =
        (await asked?.answered) ??
        (await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${unlimited}` } }))
      await (asked?.text() ?? answer.text())
      const headers = Object.fromEntries(answer.headers)
      expect(headers).toMatchObject({ ...passed, 'x-upstream-request-id': 'upstream-7' })
      expect(JSON.stringify(headers)).not.toMatch(/canary|ratelimit-(limit|remaining|reset)/)
      expect(Object.keys(headers)).not.toContain('set-cookie')
      expect(Object.keys(headers)).not.toContain('access-control-allow-origin')
      expect(headers['x-request-id']).not.toBe('upstream-7')
    }
  })

  it('of a streamed answer are the ones of every answer, ours among them', async () => {
    const { answered, text } = ask(gateway.url, limited)
    const { headers } = await answered
    await text()
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-request-id')).toMatch(/./)
    expect(headers.get('ratelimit')).toMatch(/"tokens-day";r=\d+;t=\d+/)
  })

  it('sent twice are refused before anything goes up', async () => {
    const before = gateway.upstream.calls.length
    const request = httpRequest(gateway.url + CHAT_PATH, { method: 'POST' })
    request.setHeader('content-type', 'application/json')
    request.setHeader('authorization', [`Bearer ${unlimited}`, `Bearer ${limited}`])
    request.end(JSON.stringify(CHAT))
    const [status, body] = await new Promise<[number | undefined, Promise<string>]>((resolve) =>
      request.once('response', (response) => resolve([response.statusCode, readText(response)])),
    )
    expect(status).toBe(400)
    expect(await body).toContain('duplicate_header')
    expect(gateway.upstream.calls.length).toBe(before)
  })
})
