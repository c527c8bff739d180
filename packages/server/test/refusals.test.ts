import { sql } from 'kysely'
import pino from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseConfig } from '../src/config/config.ts'
import { openDatabase } from '../src/database/open-database.ts'
import { startServer } from '../src/server.ts'
import { addUser, admin, askAdmin } from './support/admin-requests.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { bearer, getMe, postSignUp } from './support/requests.ts'
import type { TestApp } from './support/test-app.ts'
import { createTestDatabase, describeOnBothEngines } from './support/test-database.ts'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

describeOnBothEngines('refusals', (engine) => {
  let replicas: Replicas
  let server: TestApp
  beforeAll(async () => {
    replicas = await startReplicas(engine, 3, {
      API_KEY: 'sk-of-nobody',
      UPSTREAM_URL: 'http://127.0.0.1:9',
    })
    server = replicas.at(0)
  })
  afterAll(() => replicas.close())

  const refusals = (index = 0) => replicas.at(index).services.refusals
  const counted = async (): Promise<Record<string, number>> => {
    for (const { services } of replicas.apps) await services.refusals.flush()
    const totals = await refusals().read(new Date(Date.now() - DAY_MS), new Date(Date.now() + DAY_MS))
    return Object.fromEntries(totals.map(({ code, count }) => [code, count]))
  }
  /** What was counted on top while `work` was done. */
  const countedIn = async (work: () => Promise<unknown>): Promise<Record<string, number>> => {
    const before = await counted()
    await work()
    const after = await counted()
    return Object.fromEntries(
      Object.entries(after).flatMap(([code, count]) => {
        const added = count - (before[code] ?? 0)
        return added === 0 ? [] : [[code, added]]
      }),
    )
  }
  const call = (token: string, model = 'gpt-5-mini') =>
    server.request({
      method: 'POST',
      url: '/v1/chat/completions',
      headers: { ...bearer(token), 'content-type': 'application/json' },
      payload: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] }),
    })
  const redeem = (fields: Record<string, string>) =>
    server.request({
      method: 'POST',
      url: '/oauth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ client_id: 'editor', ...fields }).toString(),
    })

  it.each<[string, Record<string, number>, () => Promise<unknown>]>([
    ['no token', { token_missing: 1 }, () => server.request({ method: 'POST', url: '/trackUsage' })],
    ['a token that is none', { token_invalid: 2 }, () => Promise.all([server.track('x', {}), call('x')])],
    [
      'a disabled user',
      { user_disabled: 2 },
      async () => {
        const { user, token } = await addUser(server)
        await admin(server, 'PATCH', `/${user.id}`, { disabled: true })
        await server.track(token, { usage: 1 })
        await call(token)
      },
    ],
    [
      'a user who was deleted',
      { user_not_found: 1 },
      async () => {
        const { user, token } = await addUser(server)
        await admin(server, 'DELETE', `/${user.id}`)
        await server.track(token, { usage: 1 })
      },
    ],
    [
      'a limit that is reached',
      { insufficient_quota: 1 },
      async () => call((await addUser(server, { threshold: 0 })).token),
    ],
    [
      'a model that the plan does not allow, and the rate of a minute',
      { model_not_allowed: 1, rate_limit_exceeded: 1 },
      async () => {
        const { user, token } = await addUser(server, { threshold: 100 })
        const overrides = { allowedModels: ['gpt-5*'], requestsPerMinute: 1 }
        await admin(server, 'PATCH', `/${user.id}`, { overrides })
        await call(token, 'o9')
        await sql`update users set rate_minute = floor(extract(epoch from now()) / 60), rate_requests = 1
          where id = ${user.id}`.execute(server.database.kysely)
        await call(token)
      },
    ],
    [
      'an unknown address that would sign in',
      { user_not_found: 1 },
      () => postSignUp(server, { email: 'nobody-knows-me@example.com' }),
    ],
    [
      'a code that is none at the token endpoint',
      { invalid_grant: 1 },
      () => redeem({ grant_type: 'authorization_code', code: 'x', code_verifier: 'v'.repeat(43) }),
    ],
  ])('are counted once by code: %s', async (_, expected, work) => {
    expect(await countedIn(work)).toEqual(expected)
  })

  it('of the operator, of reads and of slips are not counted', async () => {
    const { token } = await addUser(server)
    const work = async () => {
      await askAdmin(server, 'GET', '/users', undefined, bearer('not the key'))
      await askAdmin(server, 'DELETE', '/plans/free')
      await getMe(server, 'x')
      await server.track(token, { usage: -1 })
      await server.track(token, '{')
      await postSignUp(server, { email: 'no address' })
      await redeem({ grant_type: 'password' })
      await server.request({ url: '/v1/nothing-here' })
    }
    expect(await countedIn(work)).toEqual({})
  })

  it('are shown in the overview of their hours, most frequent first', async () => {
    const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 48 * HOUR_MS
    for (const [hoursLater, code, count] of [
      [0, 'overloaded', 3],
      [1, 'insufficient_quota', 2],
      [2, 'insufficient_quota', 2],
      [3, 'draining', 9],
    ] as const)
      await sql`insert into refusals values (${new Date(hour + hoursLater * HOUR_MS)}, ${code}, ${count})`.execute(
        server.database.kysely,
      )
    const range = { from: new Date(hour).toISOString(), to: new Date(hour + 3 * HOUR_MS).toISOString() }
    const query = new URLSearchParams({ ...range, interval: 'hour' })
    expect((await askAdmin(server, 'GET', `/overview?${query}`)).json().refusals).toEqual([
      { code: 'insufficient_quota', count: 4 },
      { code: 'overloaded', count: 3 },
    ])
  })

  it('of replicas that write at the same moment add up', async () => {
    const codes = ['a', 'b', 'c', 'd']
    const work = async () => {
      for (let round = 0; round < 10; round++) {
        for (const { services } of replicas.apps)
          for (const code of round % 2 === 0 ? codes : codes.toReversed()) services.refusals.count(code)
        await Promise.all(
          [...replicas.apps, ...replicas.apps].map(({ services }) => services.refusals.flush()),
        )
      }
    }
    const each = 10 * replicas.apps.length
    expect(await countedIn(work)).toEqual({ a: each, b: each, c: each, d: each })
  })

  it('that cannot be written wait, and are counted once when they can', async () => {
    const { kysely } = server.database
    const work = async () => {
      await sql`alter table refusals rename to refusals_away`.execute(kysely)
      refusals().count('overloaded')
      await expect(refusals().flush()).rejects.toThrow('refusals')
      refusals().count('overloaded')
      await expect(refusals().flush()).rejects.toThrow('refusals')
      await sql`alter table refusals_away rename to refusals`.execute(kysely)
    }
    expect(await countedIn(work)).toEqual({ overloaded: 2 })
  })

  it('are kept for 90 days', async () => {
    const { kysely } = server.database
    for (const days of [89, 91, 400])
      await sql`insert into refusals values (date_trunc('hour', now()) - make_interval(days => ${days}::int), 'old', 1)`.execute(
        kysely,
      )
    await refusals().deleteOld()
    const { rows } = await sql<{ days: number }>`
      select extract(day from now() - hour)::int as days from refusals where code = 'old'`.execute(kysely)
    expect(rows).toEqual([{ days: 89 }])
  })
})

describeOnBothEngines('a server that stops', (engine) => {
  it('has written what it refused', async () => {
    const testDatabase = await createTestDatabase(engine)
    const config = parseConfig({ ...testDatabase.environment, SHUTDOWN_DELAY_MS: '0' })
    const server = await startServer(config, pino({ level: 'silent' }))
    for (let call = 0; call < 3; call++)
      await (await fetch(`${server.url}/trackUsage`, { method: 'POST' })).arrayBuffer()
    await server.stop()
    const { database } = await openDatabase(config, () => {})
    const rows = await database.kysely.selectFrom('refusals').select(['code', 'count']).execute()
    await database.close()
    await testDatabase.remove()
    expect(rows).toEqual([{ code: 'token_missing', count: 3 }])
  })
})
