import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ask, CHAT, CHAT_TOKENS, lastError, ROLE, tokensOf, words } from './support/gateway-client.ts'
import { findContradictions, readEvents, withDatabase } from './support/ledger-audit.ts'
import {
  beginStream,
  DONE,
  type ScriptedUpstream,
  startUpstream,
  UPSTREAM_KEY,
  usageChunk,
} from './support/scripted-upstream.ts'
import { createTestDatabase, describeOnBothEngines, type TestDatabase } from './support/test-database.ts'
import { until } from './support/test-gateway.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let upstream: ScriptedUpstream
beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.close())

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function prepareDatabase(engine: 'embedded' | 'postgres'): Promise<TestDatabase> {
  const database = await createTestDatabase(engine)
  cleanups.push(() => database.remove())
  return database
}

async function startReplica(
  { environment }: TestDatabase,
  more: Record<string, string> = {},
): Promise<TestServer> {
  const server = await startTestServer({
    ...environment,
    API_KEY: UPSTREAM_KEY,
    UPSTREAM_URL: upstream.url,
    HOLD_LIFETIME_MS: '1000',
    ...more,
  })
  cleanups.push(() => server.kill())
  return server
}

/** Signs up someone whose plan has one prompt left. */
async function signUpWithOneLeft(server: TestServer): Promise<string> {
  const token = await server.signUp('gateway@example.com')
  expect((await server.track(token, { usage: 9 })).status).toBe(200)
  return token
}

/** A stream of which one word has been delivered. */
async function beginOne(server: TestServer, token: string, headers: Record<string, string> = {}) {
  const taken = upstream.takeCall()
  const asked = ask(server.url, token, { headers })
  const { call, response } = await taken
  beginStream(response)
  response.write(ROLE + words('Hello'))
  await asked.until('Hello')
  return { asked, call, response }
}

async function me(server: TestServer, token: string) {
  return (await server.request('/api/me', { headers: { authorization: `Bearer ${token}` } })).body
}

describe('kill -9 of a replica in the middle of a stream', () => {
  it('takes the prompt from nobody: its hold ends by itself, and is tidied as an abandoned call', async () => {
    const database = await prepareDatabase('postgres')
    // A replica tidies about as often as its holds live: the second one never does.
    const [first, second] = await Promise.all([
      startReplica(database),
      startReplica(database, { HOLD_LIFETIME_MS: '3600000' }),
    ])
    const token = await signUpWithOneLeft(first)
    const headers = { 'idempotency-key': 'lost' }
    const { asked, call } = await beginOne(first, token, headers)
    expect(await ask(second.url, token, { body: CHAT }).status()).toBe(429)

    await first.kill()
    await call.aborted
    await expect(asked.text()).rejects.toThrow()
    // The last prompt and the key are free again once the hold has expired, though nobody has tidied it.
    await until(
      async () => (await ask(second.url, token, { body: CHAT, headers }).status()) === 200,
      'the user may call again',
    )
    expect(await me(second, token)).toMatchObject({ promptCount: 10, limits: [{ used: 10, held: 0 }] })
    await first.start()
    await until(() => first.output.includes('calls were abandoned'), 'a replica tidies')
    expect(await me(second, token)).toMatchObject({ promptCount: 10, limits: [{ used: 10, held: 0 }] })
    const { body: metrics } = await first.request('/metrics')
    expect(metrics).toMatch(/^promptmeter_holds_abandoned_total 1$/m)

    await withDatabase(database.environment, async (opened) => {
      expect(await findContradictions(opened)).toEqual([])
      const events = await readEvents(opened)
      expect(events.filter(({ kind }) => kind === 'abandoned')).toMatchObject([
        { prompts: 0, tokens: 0, key: null },
      ])
      expect(events.filter(({ kind }) => kind === 'usage')).toMatchObject([
        { prompts: 9 },
        { prompts: 1, tokens: 29, key: 'lost' },
      ])
    })
  })
})

describeOnBothEngines('kill -9 of the only server in the middle of a stream', (engine) => {
  it('leaves a hold that the next start tidies', async () => {
    const database = await prepareDatabase(engine)
    const server = await startReplica(database)
    const token = await signUpWithOneLeft(server)
    const { asked } = await beginOne(server, token)
    await server.kill()
    await expect(asked.text()).rejects.toThrow()
    await server.start()
    await until(() => server.output.includes('calls were abandoned'), 'the next start tidies')
    expect(await me(server, token)).toMatchObject({ promptCount: 9, limits: [{ used: 9, held: 0 }] })
    expect(await ask(server.url, token).status()).toBe(200)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    await withDatabase(database.environment, async (opened) => {
      expect(await findContradictions(opened)).toEqual([])
      expect((await readEvents(opened)).map(({ kind }) => kind)).toEqual(['usage', 'abandoned', 'usage'])
    })
  })
})

describe('a graceful stop in the middle of a stream', () => {
  it('lets it finish within SHUTDOWN_GRACE_MS, charged by the numbers of the upstream', async () => {
    const database = await prepareDatabase('postgres')
    const server = await startReplica(database, { SHUTDOWN_GRACE_MS: '600000' })
    const token = await signUpWithOneLeft(server)
    const { asked, response } = await beginOne(server, token)
    server.signal('SIGTERM')
    // Nobody can connect any more, and the stream goes on.
    await until(() => fetch(`${server.url}/healthz`).then(discard, () => true), 'the server stops')
    response.write(words(' there'))
    await asked.until(' there')
    response.end(usageChunk() + DONE)
    expect(await asked.text()).toBe(ROLE + words('Hello', ' there') + DONE)
    expect(await server.exited).toEqual({ code: 0, signal: null })
    await withDatabase(database.environment, async (opened) => {
      expect(await readEvents(opened)).toMatchObject([{ prompts: 9 }, { prompts: 1, tokens: 29 }])
      expect(await findContradictions(opened)).toEqual([])
    })
  })

  it('ends it once the time is up: what was delivered is charged, and the client told', async () => {
    const database = await prepareDatabase('postgres')
    const server = await startReplica(database, { SHUTDOWN_GRACE_MS: '0' })
    const token = await signUpWithOneLeft(server)
    const { asked, call } = await beginOne(server, token)
    const other = await server.signUp('waiting@example.com')
    const taken = upstream.takeCall()
    const waiting = ask(server.url, other, { body: CHAT })
    const { call: waitingCall } = await taken
    server.signal('SIGTERM')
    await Promise.all([call.aborted, waitingCall.aborted])
    expect(lastError(await asked.text())).toMatchObject({ code: 'draining', type: 'server_error' })
    expect(await waiting.status()).toBe(503)
    expect(JSON.parse(await waiting.text()).error.code).toBe('draining')
    expect(await server.exited).toEqual({ code: 0, signal: null })
    await withDatabase(database.environment, async (opened) => {
      // What had delivered nothing is free.
      expect(await readEvents(opened)).toMatchObject([
        { prompts: 9 },
        { prompts: 1, tokens: CHAT_TOKENS + tokensOf('Hello') },
      ])
      expect(await findContradictions(opened)).toEqual([])
    })
  })

  it('is not held up by a client that takes nothing', async () => {
    const database = await prepareDatabase('postgres')
    const server = await startReplica(database, { SHUTDOWN_GRACE_MS: '0', WRITE_DEADLINE_MS: '500' })
    const token = await signUpWithOneLeft(server)
    const { call, response } = await beginOne(server, token)
    const piece = words('x'.repeat(1000)).repeat(100)
    // Until all that is between the two is full.
    while (response.writableLength < 8 * 1024 * 1024) {
      response.write(piece)
      await new Promise(setImmediate)
    }
    server.signal('SIGTERM')
    await call.aborted
    expect(await server.exited).toEqual({ code: 0, signal: null })
    await withDatabase(database.environment, async (opened) => {
      expect(await readEvents(opened)).toMatchObject([{ prompts: 9 }, { prompts: 1 }])
      expect(await findContradictions(opened)).toEqual([])
    })
  })
})

async function discard(response: Response): Promise<boolean> {
  await response.text()
  return false
}
