import { once } from 'node:events'
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  ask,
  CHAT_TOKENS,
  END,
  lastError,
  outcomeOf,
  STREAMED_CHAT,
  tokensOf,
  words,
} from './support/gateway-client.ts'
import { usageChunk } from './support/scripted-upstream.ts'
import { createTestCertificates } from './support/test-certificate.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'
import { startTestGateway, type TestGateway } from './support/test-gateway.ts'

type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void

const { authority, server: identity } = createTestCertificates('localhost')
const credentials = { cert: identity.certificate, key: identity.key }

let database: TestDatabase
beforeAll(async () => {
  setDefaultCACertificates([...getCACertificates(), authority])
  database = await createTestDatabase('postgres')
})
afterAll(() => database.remove())

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

describe.each(['http/1.1', 'h2'])('an upstream over TLS that speaks %s', (protocol) => {
  let handler: Handler
  let requests: string[]
  let connections: number
  /** Connections that are cut in the middle of their handshake, before any other is taken. */
  let cuts: number

  async function start(environment: Record<string, string> = {}): Promise<TestGateway> {
    requests = []
    connections = 0
    const server = protocol === 'h2' ? createSecureServer(credentials) : createHttpsServer(credentials)
    server.on('request', (request, response) => {
      requests.push(request.httpVersion)
      response.on('error', () => {})
      handler(request, response)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const door = createTcpServer((socket) => {
      socket.on('error', () => {})
      if (++connections <= cuts) return void socket.once('data', () => socket.destroy())
      const behind = connect(port, '127.0.0.1').on('error', () => {})
      socket.pipe(behind).pipe(socket)
      socket.on('close', () => behind.destroy())
      cleanups.push(() => socket.destroy())
    })
    cleanups.push(
      () => new Promise((resolve) => server.close(resolve)),
      () => new Promise((resolve) => door.close(resolve)),
    )
    await once(door.listen(0, '127.0.0.1'), 'listening')
    const UPSTREAM_URL = `https://localhost:${(door.address() as AddressInfo).port}/v1`
    const gateway = await startTestGateway('postgres', {
      testDatabase: database,
      environment: { UPSTREAM_URL, ...environment },
    })
    cleanups.push(() => gateway.close())
    return gateway
  }

  it('is tried once more where no connection came about, and the call passes', async () => {
    cuts = 1
    handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(words('Hello') + usageChunk() + END)
    }
    expect(await outcomeOf(await start(), STREAMED_CHAT)).toMatchObject({
      status: 200,
      text: words('Hello') + END,
      events: [{ tokens: 29 }],
    })
    expect(connections).toBe(2)
    expect(requests).toEqual([protocol === 'h2' ? '2.0' : '1.1'])
  })

  it('is tried no more than twice', async () => {
    cuts = 9
    expect(await outcomeOf(await start(), STREAMED_CHAT)).toMatchObject({
      status: 502,
      error: { code: 'upstream_unreachable' },
      events: [],
    })
    expect([connections, requests]).toEqual([2, []])
  })

  it('is not asked again once it may have worked on the request', async () => {
    cuts = 0
    handler = ({ stream, socket }) => (stream ? stream.close(2) : socket.destroy())
    expect(await outcomeOf(await start(), STREAMED_CHAT)).toMatchObject({
      status: 502,
      error: { code: 'upstream_invalid_response' },
      events: [],
    })
    expect(requests).toHaveLength(1)
  })

  it('is let go by a client that leaves, and charged what it got', async () => {
    cuts = 0
    const { promise: aborted, resolve } = Promise.withResolvers<void>()
    handler = (_, response) => {
      response.on('close', resolve)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(words('Hello', ' there'))
    }
    const gateway = await start()
    const token = await gateway.signUp()
    const asked = ask(gateway.url, token)
    await asked.until(' there')
    asked.leave()
    await aborted
    expect(await gateway.settled(token)).toMatchObject([
      { input: CHAT_TOKENS, output: tokensOf('Hello there'), estimated: true },
    ])
  })

  it('that breaks or stands still after output has that charged, and the client told', async () => {
    cuts = 0
    const gateway = await start({ UPSTREAM_IDLE_TIMEOUT_MS: '300' })
    for (const [code, end] of [
      ['upstream_invalid_response', ({ stream, socket }) => (stream ? stream.close(2) : socket.destroy())],
      ['upstream_timeout', () => {}],
    ] as [string, Handler][]) {
      let breakNow = () => {}
      handler = (request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(words('Hello'))
        breakNow = () => end(request, response)
      }
      const token = await gateway.signUp()
      const asked = ask(gateway.url, token)
      await asked.until('Hello')
      breakNow()
      expect(lastError(await asked.text())).toMatchObject({ code })
      expect(await gateway.settled(token)).toMatchObject([{ output: tokensOf('Hello'), estimated: true }])
    }
  })

  it('before its answer begins is waited for no longer than said', async () => {
    cuts = 0
    handler = () => {}
    const gateway = await start({ UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '200' })
    expect(await outcomeOf(gateway, STREAMED_CHAT)).toMatchObject({
      status: 504,
      error: { code: 'upstream_timeout' },
      events: [],
    })
  })
})
