import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SCHEMA_VERSION } from '../src/database/migrate.ts'
import { createLifecycle } from '../src/health/lifecycle.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { administer, describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('the health routes', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const setSchemaVersion = (version: number) =>
    sql`update schema_version set version = ${version}`.execute(server.database.kysely)

  it('say that the server is alive and ready', async () => {
    const [alive, ready] = [
      await server.request({ url: '/healthz' }),
      await server.request({ url: '/readyz' }),
    ]
    expect([alive.statusCode, alive.json()]).toEqual([200, { status: 'alive' }])
    expect([ready.statusCode, ready.json()]).toEqual([200, { status: 'ready' }])
  })

  it.each([1, -1])('take a server out of service whose schema is %i off', async (difference) => {
    await setSchemaVersion(SCHEMA_VERSION + difference)
    const answer = await server.request({ url: '/readyz' })
    await setSchemaVersion(SCHEMA_VERSION)
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({ code: 'schema_mismatch' })
    expect((await server.request({ url: '/readyz' })).statusCode).toBe(200)
  })
})

describeOnBothEngines('a server that is stopping', (engine) => {
  it('is alive and not ready, and still serves what reaches it', async () => {
    const server = await startTestApp(engine)
    const token = await server.signUp()
    server.lifecycle.startDraining()
    const answer = await server.request({ url: '/readyz' })
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({ code: 'draining' })
    expect((await server.request({ url: '/healthz' })).statusCode).toBe(200)
    expect((await server.track(token, { usage: 1 })).statusCode).toBe(200)
    await server.close()
  })

  it('begins not to be ready once, and never goes back', () => {
    const lifecycle = createLifecycle()
    expect(lifecycle.draining).toBe(false)
    lifecycle.startDraining()
    lifecycle.startDraining()
    expect(lifecycle.draining).toBe(true)
  })
})

describe('a server whose PostgreSQL went away', () => {
  it('is alive and not ready, and says when to try again', async () => {
    const server = await startTestApp('postgres', { environment: { WRITE_DEADLINE_MS: '500' } })
    const token = await server.signUp()
    // Every connection is cut and every new one refused, as while the database is being moved.
    const name = new URL(server.environment.DATABASE_URL as string).pathname.slice(1)
    await administer(`alter database ${name} with allow_connections false`)
    await administer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
    const ready = await server.request({ url: '/readyz' })
    expect(ready.statusCode).toBe(503)
    expect((await server.request({ url: '/healthz' })).statusCode).toBe(200)
    const tracked = await server.track(token, { usage: 1 })
    expect(tracked.statusCode).toBe(503)
    expect(tracked.headers['retry-after']).toBe('1')
    expect(tracked.json()).toMatchObject({ code: 'database_unavailable' })
    await administer(`alter database ${name} with allow_connections true`)
    await expect.poll(async () => (await server.request({ url: '/readyz' })).statusCode).toBe(200)
    expect((await server.track(token, { usage: 1 })).statusCode).toBe(200)
    await server.close()
  })
})

describe('/metrics', () => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp('embedded')
  })
  afterAll(() => server.close())

  // Prometheus reads NaN in any case (Go's ParseFloat), which the lag of an event loop is between two quick scrapes.
  const SAMPLE =
    /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?(?:[\d.]+(?:e[+-]?\d+)?|Inf)|N[aA][nN])$/

  /** Every sample by name and labels, after the whole text was checked to be of the Prometheus format. */
  async function scrape(): Promise<Map<string, number>> {
    const answer = await server.request({ url: '/metrics' })
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(answer.body.endsWith('\n')).toBe(true)
    const types = new Map<string, string>()
    const samples = new Map<string, number>()
    for (const line of answer.body.split('\n')) {
      const [, name, type] = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? []
      if (name !== undefined && type !== undefined) {
        expect(types.has(name), `${name} is typed once`).toBe(false)
        types.set(name, type)
      } else if (line !== '' && !line.startsWith('# HELP ')) {
        const match = SAMPLE.exec(line)
        expect(match, line).not.toBeNull()
        const [, sample = '', labels = '', value] = match ?? []
        expect(types.has(sample) || types.has(sample.replace(/_(bucket|sum|count)$/, '')), line).toBe(true)
        expect(samples.has(`${sample}{${labels}}`), `${line} is there once`).toBe(false)
        samples.set(`${sample}{${labels}}`, Number(value))
      }
    }
    return samples
  }

  const names = (samples: Map<string, number>) => new Set([...samples.keys()].map((key) => key.split('{')[0]))

  it('tells of requests, commits, the queue, usage and the event loop', async () => {
    const token = await server.signUp()
    await server.track(token, { usage: 3, tokenCount: 40 })
    await server.track(token, { usage: 3, tokenCount: 40 }, { 'idempotency-key': 'once' })
    await server.track(token, { usage: 3, tokenCount: 40 }, { 'idempotency-key': 'once' })
    const samples = await scrape()
    for (const name of [
      'promptmeter_http_request_duration_seconds_bucket',
      'promptmeter_commit_batch_size_bucket',
      'promptmeter_commit_duration_seconds_sum',
      'promptmeter_commit_queue_depth',
      'promptmeter_commit_retries_total',
      'nodejs_eventloop_lag_p99_seconds',
      'process_resident_memory_bytes',
    ]) {
      expect(names(samples)).toContain(name)
    }
    expect(samples.get('promptmeter_usage_events_total{}')).toBe(2)
    expect(samples.get('promptmeter_prompts_total{}')).toBe(6)
    expect(samples.get('promptmeter_tokens_total{}')).toBe(80)
    expect(samples.get('promptmeter_commit_queue_depth{}')).toBe(0)
    expect(
      samples.get(
        'promptmeter_http_request_duration_seconds_count{route="/trackUsage",method="POST",status="200"}',
      ),
    ).toBe(3)
  })

  it('grows by no paths that somebody invents', async () => {
    const ask = async (from: number) => {
      for (let index = from; index < from + 30; index++) {
        await server.request({ url: `/invented-${index}?q=${index}` })
        await server.request({ url: `/%zz-${index}` })
        await server.request({ url: `/docs/static/${index}` })
        await server.request({ method: 'PUT', url: `/signup?${index}` })
      }
      // What the process has open and collects is its own affair, and changes at any time.
      return [...(await scrape()).keys()].filter((name) => name.startsWith('promptmeter_'))
    }
    // From then on it has a line of its own.
    await scrape()
    const before = await ask(0)
    expect(await ask(30)).toEqual(before)
  })
})
