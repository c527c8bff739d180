import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ask, CHAT, CHAT_PATH, MODEL, STREAMED_CHAT } from './support/gateway-client.ts'
import {
  answerUsually,
  beginStream,
  DONE,
  type Script,
  type ScriptedUpstream,
  startUpstream,
  UPSTREAM_KEY,
  usageChunk,
  word,
} from './support/scripted-upstream.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

const MIB = 1024 * 1024
/** Well above what the collector of garbage leaves by chance, and well below what would pile up. */
const MOST_GROWTH_BYTES = 80 * MIB

let database: TestDatabase
let upstream: ScriptedUpstream
let server: TestServer
beforeAll(async () => {
  database = await createTestDatabase('postgres')
  upstream = await startUpstream()
  server = await startTestServer({
    ...database.environment,
    API_KEY: UPSTREAM_KEY,
    UPSTREAM_URL: upstream.url,
    // A client that keeps taking is not taken for gone.
    UPSTREAM_IDLE_TIMEOUT_MS: '5000',
  })
})
afterEach(() => {
  upstream.script = answerUsually
})
afterAll(async () => {
  await server.kill()
  await upstream.close()
  await database.remove()
})

async function memory(): Promise<number> {
  const { body } = await server.request('/metrics')
  return Number(/^process_resident_memory_bytes (\d+)$/m.exec(body)?.[1])
}

let users = 0
const signUp = () => server.signUp(`memory-${++users}@example.com`)

/** Streams `count` chunks of `text`, as fast as they are taken, and tells how many it could write so far. */
function streamOf(count: number, text: string, end: string): Script & { written: number } {
  const chunk = word(text)
  const script = Object.assign(
    async (_call: unknown, response: Parameters<Script>[1]) => {
      beginStream(response)
      script.written = 0
      response.on('close', () => response.emit('drain'))
      while (script.written < count && !response.destroyed) {
        script.written++
        if (!response.write(chunk)) await once(response, 'drain')
      }
      response.end(end)
    },
    { written: 0 },
  )
  return script
}

/** The head of a streamed answer, of which nothing is read yet. */
function openStream(token: string): Promise<IncomingMessage> {
  const request = httpRequest(server.url + CHAT_PATH, { method: 'POST' })
  request.setHeader('authorization', `Bearer ${token}`)
  request.setHeader('content-type', 'application/json')
  request.end(JSON.stringify(STREAMED_CHAT))
  return once(request, 'response').then(([response]) => response)
}

async function me(token: string) {
  return (await server.request('/api/me', { headers: { authorization: `Bearer ${token}` } })).body
}

describe('a request of 20 MB', () => {
  it('passes whole, time and again, and nothing of it stays in memory', async () => {
    const content = 'a tale "told" in many\nwords; '.repeat(Math.ceil((20 * MIB) / 30))
    const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content }], stream: true })
    expect(body.length).toBeGreaterThan(20 * MIB)
    const send = async () => {
      const asked = ask(server.url, await signUp(), { body })
      const { rawBody } = await upstream.nextCall()
      expect(rawBody.length).toBe(body.length + '"stream_options":{"include_usage":true},'.length)
      expect(rawBody.subarray(-1000).toString()).toBe(body.slice(-1000))
      expect(await asked.status()).toBe(200)
      // The test's own record of it is no part of the server.
      ;(upstream.calls as unknown[])[upstream.calls.length - 1] = null
    }
    for (let round = 0; round < 2; round++) await send()
    const before = await memory()
    const readings: number[] = []
    for (let round = 0; round < 7; round++) {
      await send()
      readings.push(await memory())
    }
    // A reading may still hold what the collector has not come to; what stays is in all of them.
    expect(Math.min(...readings.slice(-3)) - before).toBeLessThan(MOST_GROWTH_BYTES)
  })
})

describe('a stream of 100,000 chunks', () => {
  const COUNT = 100_000

  it('waits at the upstream while its client takes nothing, in flat memory, and is charged whole', async () => {
    const text = 'one two three four five '.repeat(25)
    const script = streamOf(COUNT, text, usageChunk() + DONE)
    const token = await signUp()
    // What is loaded once is loaded.
    await ask(server.url, await signUp()).text()
    const before = await memory()
    upstream.script = script
    const response = await openStream(token)
    upstream.script = answerUsually
    // Others are served meanwhile; what was written by then is what fits into the buffers between.
    const other = await server.signUp('other@example.com')
    for (let call = 0; call < 10; call++) await ask(server.url, other, { body: CHAT }).text()
    expect(script.written).toBeLessThan(COUNT / 2)

    let bytes = 0
    let end = ''
    let most = 0
    for await (const chunk of response) {
      bytes += chunk.length
      end = chunk.subarray(-200).toString()
      if (Math.floor(bytes / (10 * MIB)) > Math.floor((bytes - chunk.length) / (10 * MIB)))
        most = Math.max(most, await memory())
    }
    expect(script.written).toBe(COUNT)
    expect(bytes).toBe(COUNT * Buffer.byteLength(word(text)) + DONE.length)
    expect(end.endsWith(DONE)).toBe(true)
    expect(most - before).toBeLessThan(MOST_GROWTH_BYTES)
    expect(await me(token)).toMatchObject({ promptCount: 1, tokenCount: 29 })
  })

  it('with no numbers at its end is counted in flat memory, however fast it is read', async () => {
    const text = 'one two three four five '.repeat(40)
    const token = await signUp()
    upstream.script = streamOf(10, text, DONE)
    await ask(server.url, await signUp()).text()
    const before = await memory()
    upstream.script = streamOf(COUNT, text, DONE)
    let bytes = 0
    for await (const chunk of await openStream(token)) bytes += chunk.length
    expect((await memory()) - before).toBeLessThan(MOST_GROWTH_BYTES)
    expect(bytes).toBe(COUNT * Buffer.byteLength(word(text)) + DONE.length)
    // Five words of a token each, and a blank before most of them that is none.
    expect((await me(token)).tokenCount).toBeGreaterThan(COUNT * 40 * 5)
  })
})
