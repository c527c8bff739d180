import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { findContradictions, readEvents, withDatabase } from './support/ledger-audit.ts'
import { createTestDatabase, describeOnBothEngines, type TestDatabase } from './support/test-database.ts'
import { createTestServer, startTestServer, type TestServer } from './support/test-server.ts'

/** Whatever a test opened, closed last to first. */
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startServer(
  engine: 'embedded' | 'postgres',
  environment: Record<string, string> = {},
): Promise<{ server: TestServer; database: TestDatabase }> {
  const database = await createTestDatabase(engine)
  cleanups.push(() => database.remove())
  const server = await startTestServer({ ...database.environment, ...environment })
  cleanups.push(() => server.kill())
  return { server, database }
}

/** Holds the rows of every user, so that calls wait at the database until they are let go. */
async function holdUsers({ environment }: TestDatabase): Promise<() => Promise<unknown>> {
  const client = new pg.Client({ connectionString: environment.DATABASE_URL })
  await client.connect()
  cleanups.push(() => client.end())
  await client.query('begin')
  await client.query('select from users for update')
  return () => client.query('commit')
}

async function untilMetric(server: TestServer, name: string, atLeast: number): Promise<void> {
  for (;;) {
    const { body } = await server.request('/metrics')
    if (Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(body)?.[1]) >= atLeast) return
  }
}

function openConnection({ url }: TestServer): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  cleanups.push(() => socket.destroy())
  return once(socket, 'connect').then(() => socket)
}

describeOnBothEngines('a graceful stop', (engine) => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s under load ends with code 0, and everything acknowledged is there',
    async (signal) => {
      const { server, database } = await startServer(engine)
      const token = await server.signUp('load@example.com')
      let acknowledged = 0
      const clients = Array.from({ length: 30 }, async () => {
        for (;;) {
          const answer = await server.track(token, { usage: 1 }).catch(() => null)
          if (answer === null) return
          expect(answer.status).toBe(200)
          if (++acknowledged === 200) server.signal(signal)
        }
      })
      expect(await server.exited).toEqual({ code: 0, signal: null })
      await Promise.all(clients)
      expect(server.output).not.toContain('"level":50')
      await withDatabase(database.environment, async (opened) => {
        expect(await findContradictions(opened)).toEqual([])
        // A stop is no crash: not even the answer to the last call gets lost on its way.
        expect(await readEvents(opened)).toHaveLength(acknowledged)
      })
      await server.start()
      expect(await server.stop()).toEqual({ code: 0, signal: null })
    },
  )

  it('is not held up by connections that are idle', async () => {
    const { server } = await startServer(engine, { WRITE_DEADLINE_MS: '600000' })
    const silent = await openConnection(server)
    const idle = await openConnection(server)
    idle.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(idle, 'data')
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    silent.destroy()
  })

  it('cuts off a client that never finishes its request', async () => {
    const { server } = await startServer(engine, { WRITE_DEADLINE_MS: '100' })
    const token = await server.signUp('slow@example.com')
    const slow = await openConnection(server)
    slow.write(
      `POST /trackUsage HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"usage"',
    )
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('during the first start ends with code 0 and leaves what the next start can use', async () => {
    const database = await createTestDatabase(engine)
    cleanups.push(() => database.remove())
    if (engine === 'embedded') await rm(join(database.dataDir, 'postgres'), { recursive: true })
    const server = await createTestServer(database.environment)
    cleanups.push(() => server.kill())
    server.spawn()
    await untilOpening(database)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    await server.start()
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })
})

describe('a graceful stop with calls at the database', () => {
  it('turns readiness off first and answers every call under way', async () => {
    const { server, database } = await startServer('postgres', { SHUTDOWN_DELAY_MS: '1000' })
    const tokens = await Promise.all(['ann', 'bob'].map((name) => server.signUp(`${name}@example.com`)))
    const release = await holdUsers(database)
    const calls = Array.from({ length: 40 }, (_, index) =>
      server.track(tokens[index % 2] as string, { usage: 1 }),
    )
    await untilMetric(server, 'promptmeter_commit_queue_depth', 40)
    server.signal('SIGTERM')
    await server.untilReadinessIs(503)
    expect((await server.request('/readyz')).body).toMatchObject({ code: 'draining' })
    // Still served while load balancers learn of it.
    const late = server.track(tokens[0] as string, { usage: 1 })
    await untilMetric(server, 'promptmeter_commit_queue_depth', 41)
    await release()
    const answers = await Promise.all([...calls, late])
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(await server.exited).toEqual({ code: 0, signal: null })
  })

  it('is not held up by connections that become idle while it drains', async () => {
    const { server, database } = await startServer('postgres', { WRITE_DEADLINE_MS: '600000' })
    const token = await server.signUp('keep-alive@example.com')
    const release = await holdUsers(database)
    const call = server.track(token, { usage: 1 })
    await untilMetric(server, 'promptmeter_commit_queue_depth', 1)
    server.signal('SIGTERM')
    await untilRefused(server)
    await release()
    expect((await call).status).toBe(200)
    expect(await server.exited).toEqual({ code: 0, signal: null })
  })

  it('serves a request that comes on an open connection while it drains, then closes the connection', async () => {
    const { server, database } = await startServer('postgres')
    const token = await server.signUp('open@example.com')
    const release = await holdUsers(database)
    const call = server.track(token, { usage: 1 })
    await untilMetric(server, 'promptmeter_commit_queue_depth', 1)
    const busy = await openConnection(server)
    const text = JSON.stringify({ usage: 1 })
    const request =
      `POST /trackUsage HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`
    busy.write(request.slice(0, -1))
    await untilMetric(server, 'promptmeter_commit_queue_depth', 1)
    server.signal('SIGTERM')
    await untilRefused(server)
    busy.write(request.slice(-1))
    await release()
    const [received] = (await once(busy, 'data')) as [Buffer]
    expect(received.toString()).toMatch(/^HTTP\/1.1 200 /)
    expect((await call).status).toBe(200)
    expect(await server.exited).toEqual({ code: 0, signal: null })
  })

  it('is not held up for ever by a database that does not answer', async () => {
    const { server, database } = await startServer('postgres', {
      WRITE_DEADLINE_MS: '300',
      DATABASE_LOCK_TIMEOUT_MS: '0',
      DATABASE_STATEMENT_TIMEOUT_MS: '0',
    })
    const token = await server.signUp('stuck@example.com')
    await holdUsers(database)
    const call = server.track(token, { usage: 1 })
    await untilMetric(server, 'promptmeter_commit_queue_depth', 1)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(await call).toMatchObject({ status: 503, body: { code: 'database_unavailable' } })
  })

  it('ends at once at a second signal', async () => {
    const { server, database } = await startServer('postgres', { SHUTDOWN_DELAY_MS: '600000' })
    await server.signUp('impatient@example.com')
    await holdUsers(database)
    server.signal('SIGTERM')
    await server.untilReadinessIs(503)
    const again = setInterval(() => server.signal('SIGINT'), 100)
    cleanups.push(() => clearInterval(again))
    expect(await server.exited).toEqual({ code: 130, signal: null })
  })
})

/** Waits until nobody can connect any more. */
async function untilRefused(server: TestServer): Promise<void> {
  for (;;) {
    const reached = await openConnection(server).catch(() => null)
    if (reached === null) return
    reached.destroy()
  }
}

/** Waits until a server has begun to open the database. */
async function untilOpening({ engine, dataDir, environment }: TestDatabase): Promise<void> {
  if (engine === 'embedded') {
    while (!existsSync(join(dataDir, 'postgres'))) await nextTurn()
    return
  }
  const client = new pg.Client({ connectionString: environment.DATABASE_URL })
  await client.connect()
  const others =
    "select from pg_stat_activity where application_name = 'promptmeter' and datname = current_database()"
  while ((await client.query(others)).rowCount === 0) await nextTurn()
  await client.end()
}
