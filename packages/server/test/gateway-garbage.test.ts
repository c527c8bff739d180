import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  CHAT,
  CHAT_TOKENS,
  END,
  outcomeOf,
  ROLE,
  STREAMED_CHAT,
  tokensOf,
  words,
} from './support/gateway-client.ts'
import {
  answerUsually,
  chatAnswer,
  type Script,
  type ScriptedUpstream,
  sendJson,
  startUpstream,
  usageChunk,
} from './support/scripted-upstream.ts'
import { startTestGateway, type TestGateway } from './support/test-gateway.ts'

let gateway: TestGateway
let upstream: ScriptedUpstream
beforeAll(async () => {
  gateway = await startTestGateway('postgres', { environment: { UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '200' } })
  upstream = gateway.upstream
})
afterAll(() => gateway.close())

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  upstream.script = answerUsually
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const FREE_GARBAGE = { status: 502, error: { code: 'upstream_invalid_response' }, events: [] }

describe('garbage', () => {
  const page = '<html><body>Welcome to nginx!</body></html>'
  const answer =
    (type: string, body: string | Buffer, headers: Record<string, string> = {}, status = 200): Script =>
    (_, response) =>
      response.writeHead(status, { 'content-type': type, ...headers }).end(body)
  const json = 'application/json'
  const events = 'text/event-stream'

  it.each<[string, Script]>([
    ['a web page', answer('text/html', page)],
    ['broken JSON', answer(json, '{"id":"c1","choices":[')],
    ['a JSON list', answer(json, '[1]')],
    ['a JSON null', answer(json, 'null')],
    ['nothing', answer(json, '')],
    ['no content', answer(json, '', {}, 204)],
    ['an empty stream', answer(events, '')],
    [
      'a compressed answer',
      answer(json, gzipSync(JSON.stringify(chatAnswer())), { 'content-encoding': 'gzip' }),
    ],
    [
      'an answer that says it is compressed',
      answer(json, JSON.stringify(chatAnswer()), { 'content-encoding': 'br' }),
    ],
    ['a compressed stream', answer(events, gzipSync(ROLE + END), { 'content-encoding': 'gzip' })],
    ['an event without end', answer(events, `data: ${'x'.repeat(17 * 1024 * 1024)}`)],
    ['a refusal without end', answer(json, Buffer.alloc(2 * 1024 * 1024), {}, 500)],
    ['no HTTP', (_, response) => response.socket?.end('SSH-2.0-OpenSSH_9.9\r\n\r\n')],
  ])('in the form of %s is refused, and free', async (_name, script) => {
    for (const body of [CHAT, STREAMED_CHAT])
      expect(await outcomeOf(gateway, body, script)).toMatchObject(FREE_GARBAGE)
  })

  it('in events that are no JSON passes as it is, and counts as the text it is', async () => {
    const text = 'data: hello there\n\ndata: {"choices":[{"delta"\n\n'
    const outcome = await outcomeOf(gateway, STREAMED_CHAT, answer(events, text))
    expect(outcome).toMatchObject({
      status: 200,
      text,
      events: [{ input: CHAT_TOKENS, output: tokensOf('hello there{"choices":[{"delta"'), estimated: true }],
    })
  })

  it('behind the last event changes nothing of what is charged', async () => {
    const text = `${words('Hello')}${END}${usageChunk({ prompt_tokens: 9e5, completion_tokens: 9e5 })}data: {\n\n`
    const script = answer(events, text.replace(END, usageChunk() + END))
    const outcome = await outcomeOf(gateway, STREAMED_CHAT, script)
    expect(outcome).toMatchObject({ text, events: [{ input: 21, output: 8, estimated: false }] })
  })

  it('before the answer, as early hints, is no answer', async () => {
    const script: Script = (call, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      answerUsually(call, response)
    }
    expect(await outcomeOf(gateway, CHAT, script)).toMatchObject({ status: 200, events: [{ tokens: 29 }] })
  })
})

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('with %i is never followed', async (status) => {
    const elsewhere = await startUpstream()
    cleanups.push(() => elsewhere.close())
    const location = `${elsewhere.url}/chat/completions`
    const script: Script = (_, response) => response.writeHead(status, { location }).end()
    const before = upstream.calls.length
    for (const body of [CHAT, STREAMED_CHAT]) {
      const outcome = await outcomeOf(gateway, body, script)
      expect(outcome).toMatchObject(FREE_GARBAGE)
      expect(outcome.headers.has('location')).toBe(false)
    }
    const models = await fetch(`${gateway.url}/v1/models`, {
      headers: { authorization: `Bearer ${await gateway.signUp()}` },
      redirect: 'manual',
    })
    expect(models.status).toBe(502)
    expect(models.headers.has('location')).toBe(false)
    expect(upstream.calls.length).toBe(before + 3)
    expect(elsewhere.calls).toEqual([])
  })
})

describe('a refusal of the upstream', () => {
  const retry = { 'retry-after': '7', 'retry-after-ms': '6500', 'x-should-retry': 'true' }
  const error = { message: 'Slow down.', type: 'tokens', param: null, code: 'rate_limit_exceeded' }

  it.each([400, 404, 429, 500, 503, 529])('with %i passes as it is, and is free', async (status) => {
    for (const body of [CHAT, STREAMED_CHAT]) {
      const script: Script = (_, response) => sendJson(response, { error }, { status, headers: retry })
      const outcome = await outcomeOf(gateway, body, script)
      expect(outcome).toMatchObject({ status, error, events: [] })
      expect(Object.fromEntries(outcome.headers)).toMatchObject(retry)
      expect(outcome.headers.get('x-upstream-status')).toBe(String(status))
    }
  })

  it('that is compressed is refused, for nobody could read what is in it', async () => {
    const body = gzipSync(JSON.stringify({ error }))
    const script: Script = (_, response) =>
      response.writeHead(503, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body)
    expect(await outcomeOf(gateway, CHAT, script)).toMatchObject(FREE_GARBAGE)
  })
})

describe('the list of models', () => {
  const list = async (script: Script) => {
    upstream.script = script
    const answer = await fetch(`${gateway.url}/v1/models`, {
      headers: { authorization: `Bearer ${await gateway.signUp()}` },
    })
    return { status: answer.status, body: JSON.parse(await answer.text()) }
  }

  it.each<[string, number, string, Script]>([
    ['stands still', 504, 'upstream_timeout', () => {}],
    ['breaks off', 502, 'upstream_invalid_response', (_, response) => response.destroy()],
    ['is a web page', 502, 'upstream_invalid_response', (_, response) => response.end('<html>')],
    [
      'is compressed',
      502,
      'upstream_invalid_response',
      (_, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(gzipSync('{"data":[]}')),
    ],
  ])('that %s is refused with %i %s', async (_name, status, code, script) => {
    expect(await list(script)).toMatchObject({ status, body: { error: { code } } })
  })
})
