import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  ask,
  CHAT,
  CHAT_TOKENS,
  END,
  lastError,
  ROLE,
  STREAMED_CHAT,
  tokensOf,
  words,
} from './support/gateway-client.ts'
import {
  answerUsually,
  beginStream,
  chatAnswer,
  type Script,
  type ScriptedUpstream,
  sendJson,
  startUpstream,
  usageChunk,
} from './support/scripted-upstream.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'
import { startTestGateway, type TestGateway, until } from './support/test-gateway.ts'

let database: TestDatabase
let upstream: ScriptedUpstream
let gateway: TestGateway
beforeAll(async () => {
  database = await createTestDatabase('postgres')
  upstream = await startUpstream()
  gateway = await startGateway({
    UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '200',
    UPSTREAM_IDLE_TIMEOUT_MS: '300',
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
  await database.remove()
})

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  upstream.script = answerUsually
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function startGateway(environment: Record<string, string>): Promise<TestGateway> {
  return startTestGateway('postgres', { testDatabase: database, upstream, environment })
}

/** What a call is answered, and what was charged for it once nothing is held any more. */
async function outcomeOf(
  body: unknown,
  { at = gateway, script }: { at?: TestGateway; script?: Script } = {},
) {
  if (script) upstream.script = script
  const token = await at.signUp()
  const asked = ask(at.url, token, { body })
  const { status, headers } = await asked.answered
  const text = await asked.text()
  await until(() => at.server.services.gateway.underWay === 0, 'the call has ended')
  expect(await at.holds(token)).toBe(0)
  const json = headers.get('content-type')?.startsWith('application/json')
  return {
    status,
    headers,
    text,
    error: json ? JSON.parse(text).error : null,
    events: await at.events(token),
  }
}

const FREE_TIMEOUT = { status: 504, error: { code: 'upstream_timeout', type: 'server_error' }, events: [] }
const FREE_UNREACHABLE = { status: 502, error: { code: 'upstream_unreachable' }, events: [] }
const FREE_GARBAGE = { status: 502, error: { code: 'upstream_invalid_response' }, events: [] }

describe('an upstream that stands still', () => {
  it('before its answer begins is given up, and free', async () => {
    for (const body of [CHAT, STREAMED_CHAT]) {
      const taken = upstream.takeCall()
      const outcome = outcomeOf(body)
      await (await taken).call.aborted
      expect(await outcome).toMatchObject(FREE_TIMEOUT)
    }
  })

  it('before any output is given up, and free', async () => {
    expect(await outcomeOf(STREAMED_CHAT, { script: (_, response) => beginStream(response) })).toMatchObject(
      FREE_TIMEOUT,
    )
    const half = JSON.stringify(chatAnswer()).slice(0, 100)
    const script: Script = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write(half)
    }
    expect(await outcomeOf(CHAT, { script })).toMatchObject(FREE_TIMEOUT)
  })

  it('mid-stream is given up, what it delivered charged, and the client told', async () => {
    const taken = upstream.takeCall()
    const outcome = outcomeOf(STREAMED_CHAT)
    const { call, response } = await taken
    beginStream(response)
    response.write(ROLE + words('Hello', ' there'))
    await call.aborted
    const { status, text, events } = await outcome
    expect(status).toBe(200)
    expect(lastError(text)).toMatchObject({ code: 'upstream_timeout', type: 'server_error' })
    const output = tokensOf('Hello there')
    expect(events).toMatchObject([{ input: CHAT_TOKENS, output, prompts: 1, estimated: true }])
  })
})

describe('a client that takes nothing for too long', () => {
  it('counts as gone: the upstream is let go, and what went out is charged', async () => {
    const token = await gateway.signUp()
    const taken = upstream.takeCall()
    const asked = ask(gateway.url, token)
    const { call, response } = await taken
    beginStream(response)
    response.write(words('Hello'))
    await asked.until('Hello')
    // More than fits into all the buffers between the two.
    response.write(words('one two three four '.repeat(50)).repeat(20_000))
    await call.aborted
    await until(async () => (await gateway.events(token)).length === 1, 'the call is charged')
    expect(await gateway.events(token)).toMatchObject([{ prompts: 1, input: CHAT_TOKENS, estimated: true }])
    expect((await gateway.events(token))[0]?.output).toBeGreaterThan(1000)
    expect(await gateway.holds(token)).toBe(0)
    asked.leave()
  })
})

describe('an upstream that cannot be reached', () => {
  it('because nobody listens costs nothing', async () => {
    const { port } = await listen(createServer())
    await cleanups.pop()?.()
    const at = await startGateway({ UPSTREAM_URL: `http://127.0.0.1:${port}/v1` })
    cleanups.push(() => at.close())
    expect(await outcomeOf(STREAMED_CHAT, { at })).toMatchObject(FREE_UNREACHABLE)
  })

  it('because nobody takes the connection costs nothing, also when the client does not wait for that', async () => {
    const port = await startDeafServer()
    const at = await startGateway({
      UPSTREAM_URL: `http://127.0.0.1:${port}/v1`,
      UPSTREAM_CONNECT_TIMEOUT_MS: '100',
    })
    cleanups.push(() => at.close())
    const token = await at.signUp()
    const asked = ask(at.url, token)
    await until(async () => (await at.holds(token)) === 1, 'the call waits for a connection')
    asked.leave()
    await until(async () => (await at.holds(token)) === 0, 'the hold is given back')
    expect(await at.events(token)).toEqual([])
    expect(await outcomeOf(STREAMED_CHAT, { at })).toMatchObject(FREE_UNREACHABLE)
  })

  it('is tried once more where no connection came about, and then no more', async () => {
    let connections = 0
    // It hangs up in the middle of the TLS handshake, before it could have been sent anything.
    const server = createTcpServer((socket) => {
      connections++
      socket.on('error', () => {}).once('data', () => socket.destroy())
    })
    const { port } = await listen(server)
    const at = await startGateway({ UPSTREAM_URL: `https://127.0.0.1:${port}/v1` })
    cleanups.push(() => at.close())
    expect(await outcomeOf(STREAMED_CHAT, { at })).toMatchObject(FREE_UNREACHABLE)
    expect(connections).toBe(2)
  })

  it('is not asked again once it may have worked on the request', async () => {
    for (const breaks of ['at once', 'after its head'] as const) {
      const before = upstream.calls.length
      const script: Script = (_, response) => {
        if (breaks === 'after its head') beginStream(response)
        response.destroy()
      }
      expect(await outcomeOf(STREAMED_CHAT, { script })).toMatchObject(FREE_GARBAGE)
      expect(upstream.calls.length).toBe(before + 1)
    }
  })

  it('because it closes an idle connection is asked on a new one', async () => {
    const sockets = new Set<Socket | null>()
    const script: Script = (call, response) => {
      sockets.add(response.socket)
      response.setHeader('connection', 'close')
      answerUsually(call, response)
    }
    for (let call = 0; call < 3; call++)
      expect(await outcomeOf(CHAT, { script })).toMatchObject({ status: 200, events: [{ tokens: 29 }] })
    expect(sockets.size).toBe(3)
  })
})

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
    ['a compressed stream', answer(events, gzipSync(ROLE + END), { 'content-encoding': 'gzip' })],
    ['an event without end', answer(events, `data: ${'x'.repeat(17 * 1024 * 1024)}`)],
    ['a refusal without end', answer(json, Buffer.alloc(2 * 1024 * 1024), {}, 500)],
    ['no HTTP', (_, response) => response.socket?.end('SSH-2.0-OpenSSH_9.9\r\n\r\n')],
  ])('in the form of %s is refused, and free', async (_name, script) => {
    for (const body of [CHAT, STREAMED_CHAT])
      expect(await outcomeOf(body, { script })).toMatchObject(FREE_GARBAGE)
  })

  it('in events that are no JSON passes as it is, and counts as the text it is', async () => {
    const text = 'data: hello there\n\ndata: {"choices":[{"delta"\n\n'
    const outcome = await outcomeOf(STREAMED_CHAT, { script: answer(events, text) })
    expect(outcome).toMatchObject({
      status: 200,
      text,
      events: [{ input: CHAT_TOKENS, output: tokensOf('hello there{"choices":[{"delta"'), estimated: true }],
    })
  })

  it('behind the last event changes nothing of what is charged', async () => {
    const text = `${words('Hello')}${END}${usageChunk({ prompt_tokens: 9e5, completion_tokens: 9e5 })}data: {\n\n`
    const script = answer(events, text.replace(END, usageChunk() + END))
    const outcome = await outcomeOf(STREAMED_CHAT, { script })
    expect(outcome).toMatchObject({ text, events: [{ input: 21, output: 8, estimated: false }] })
  })

  it('before the answer, as early hints, is no answer', async () => {
    const script: Script = (call, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      answerUsually(call, response)
    }
    expect(await outcomeOf(CHAT, { script })).toMatchObject({ status: 200, events: [{ tokens: 29 }] })
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
      const outcome = await outcomeOf(body, { script })
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
      const outcome = await outcomeOf(body, { script })
      expect(outcome).toMatchObject({ status, error, events: [] })
      expect(Object.fromEntries(outcome.headers)).toMatchObject(retry)
      expect(outcome.headers.get('x-upstream-status')).toBe(String(status))
    }
  })

  it('that is compressed is refused, for nobody could read what is in it', async () => {
    const body = gzipSync(JSON.stringify({ error }))
    const script: Script = (_, response) =>
      response.writeHead(503, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body)
    expect(await outcomeOf(CHAT, { script })).toMatchObject(FREE_GARBAGE)
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

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<AddressInfo> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  cleanups.push(() => new Promise((resolve) => server.close(resolve)))
  return server.address() as AddressInfo
}

/** A server on whose port nobody takes a connection: its thread is blocked, and the queue of the system is full. */
async function startDeafServer(): Promise<number> {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`,
    { eval: true },
  )
  cleanups.push(() => worker.terminate())
  const [port] = await once(worker, 'message')
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  cleanups.push(() => {
    for (const filler of fillers) filler.destroy()
  })
  // The system connects whom it has room for at once; the others wait, and whoever comes later with them.
  await Promise.race(fillers.map((filler) => once(filler, 'connect')))
  return port
}
