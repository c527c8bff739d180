import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type createServer as createTcpServer, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  ask,
  CHAT,
  CHAT_TOKENS,
  lastError,
  outcomeOf,
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
  startUpstream,
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

const FREE_TIMEOUT = { status: 504, error: { code: 'upstream_timeout', type: 'server_error' }, events: [] }
const FREE_UNREACHABLE = { status: 502, error: { code: 'upstream_unreachable' }, events: [] }
const FREE_GARBAGE = { status: 502, error: { code: 'upstream_invalid_response' }, events: [] }

describe('an upstream that stands still', () => {
  it('before its answer begins, or before any output, is given up, and free', async () => {
    const given: Promise<void>[] = []
    const half = JSON.stringify(chatAnswer()).slice(0, 100)
    upstream.script = ({ body, aborted }, response) => {
      given.push(aborted)
      if (body.metadata === 'silent') return
      if (body.stream === true) beginStream(response)
      else response.writeHead(200, { 'content-type': 'application/json' }).write(half)
    }
    const bodies = [CHAT, STREAMED_CHAT].flatMap((body) => [body, { ...body, metadata: 'silent' }])
    const outcomes = await Promise.all(bodies.map((body) => outcomeOf(gateway, body)))
    expect(outcomes).toMatchObject(bodies.map(() => FREE_TIMEOUT))
    expect(given).toHaveLength(4)
    await Promise.all(given)
  })

  it('mid-stream is given up, what it delivered charged, and the client told', async () => {
    const taken = upstream.takeCall()
    const outcome = outcomeOf(gateway, STREAMED_CHAT)
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
    expect(await outcomeOf(at, STREAMED_CHAT)).toMatchObject(FREE_UNREACHABLE)
  })

  it('because nobody takes the connection costs nothing', async () => {
    const port = await startDeafServer()
    const at = await startGateway({
      UPSTREAM_URL: `http://127.0.0.1:${port}/v1`,
      UPSTREAM_CONNECT_TIMEOUT_MS: '100',
    })
    cleanups.push(() => at.close())
    expect(await outcomeOf(at, STREAMED_CHAT)).toMatchObject(FREE_UNREACHABLE)
  })

  it('is not waited for by the call of a client that left, which is free', async () => {
    const port = await startDeafServer()
    const at = await startGateway({
      UPSTREAM_URL: `http://127.0.0.1:${port}/v1`,
      UPSTREAM_CONNECT_TIMEOUT_MS: '600000',
    })
    cleanups.push(() => at.close())
    const token = await at.signUp()
    const asked = ask(at.url, token)
    await until(async () => (await at.holds(token)) === 1, 'the call waits for a connection')
    asked.leave()
    await until(async () => (await at.holds(token)) === 0, 'the hold is given back')
    expect(await at.settled(token)).toEqual([])
    await at.server.services.gateway.close()
  })

  it('is not asked again once it may have worked on the request', async () => {
    for (const breaks of ['at once', 'after its head'] as const) {
      const before = upstream.calls.length
      const script: Script = (_, response) => {
        if (breaks === 'after its head') beginStream(response)
        response.destroy()
      }
      expect(await outcomeOf(gateway, STREAMED_CHAT, script)).toMatchObject(FREE_GARBAGE)
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
      expect(await outcomeOf(gateway, CHAT, script)).toMatchObject({ status: 200, events: [{ tokens: 29 }] })
    expect(sockets.size).toBe(3)
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
