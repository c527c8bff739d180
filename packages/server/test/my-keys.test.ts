import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, makeKey } from './support/account-requests.ts'
import { admin } from './support/admin-requests.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { getMe, trackBatch } from './support/requests.ts'
import type { TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('a named API key', (engine) => {
  let replicas: Replicas
  let server: TestApp
  beforeAll(async () => {
    replicas = await startReplicas(engine, 2)
    server = replicas.at(0)
  })
  afterAll(() => replicas.close())

  it('is shown once and stored nowhere', async () => {
    const token = await server.signUp()
    const made = await ask(server, token, 'POST', '/api/me/keys', { name: 'Build server', expiresInDays: 7 })
    expect(made.statusCode).toBe(201)
    expect(made.headers['cache-control']).toBe('no-store')
    const { apiKey, ...shown } = made.json()
    expect(apiKey).toMatch(/^pm_[\w-]{64}$/)
    expect(shown).toEqual({
      id: expect.any(String),
      name: 'Build server',
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
      lastUsedAt: null,
      revokedAt: null,
    })
    expect(Date.parse(shown.expiresAt) - Date.parse(shown.createdAt)).toBe(7 * 86_400_000)
    const endless = (await ask(server, token, 'POST', '/api/me/keys', { name: 'Endless' })).json()
    expect(endless.expiresAt).toBeNull()
    const listed = await ask(server, token, 'GET', '/api/me/keys')
    const { apiKey: _, ...endlessShown } = endless
    expect(listed.json()).toEqual({ keys: [endlessShown, shown] })
    const { rows } = await sql<{ row: string }>`select row_to_json(s)::text as row from sessions s`.execute(
      server.database.kysely,
    )
    expect(JSON.stringify(rows) + server.logLines.join('')).not.toContain(apiKey.slice(3))
  })

  it('counts usage and reads the account, and tells when it was last used', async () => {
    const token = await server.signUp()
    const { apiKey } = await makeKey(server, token)
    expect((await server.track(apiKey, { usage: 2 })).statusCode).toBe(200)
    expect((await trackBatch(server, apiKey, [{ idempotencyKey: 'k', usage: 1 }])).statusCode).toBe(200)
    expect((await getMe(server, apiKey)).json()).toMatchObject({ promptCount: 3, apiKey })
    expect((await ask(server, apiKey, 'GET', '/api/me/usage')).statusCode).toBe(200)
    // Let in; whether there is a provider behind it is another matter.
    expect([401, 403, 404]).not.toContain((await ask(server, apiKey, 'GET', '/v1/models')).statusCode)
    const [key] = (await ask(server, token, 'GET', '/api/me/keys')).json().keys
    expect(Date.parse(key.lastUsedAt)).toBeGreaterThan(0)
  })

  it('may nothing else', async () => {
    const token = await server.signUp()
    const { id, apiKey } = await makeKey(server, token)
    for (const [method, url] of [
      ['GET', '/api/me/sessions'],
      ['DELETE', '/api/me/sessions'],
      ['DELETE', `/api/me/sessions/${id}`],
      ['GET', '/api/me/keys'],
      ['DELETE', `/api/me/keys/${id}`],
      ['GET', '/api/me/export'],
      ['DELETE', '/api/me'],
      ['POST', '/api/session/renew'],
    ] as const) {
      const answer = await ask(server, apiKey, method, url)
      expect([answer.statusCode, answer.json().code], url).toEqual([403, 'session_required'])
    }
    const made = await ask(server, apiKey, 'POST', '/api/me/keys', { name: 'another' })
    expect(made.json()).toMatchObject({ code: 'session_required' })
    expect((await getMe(server, token)).statusCode).toBe(200)
  })

  it('is refused by the very next request once it is revoked, on another replica too; again is no error', async () => {
    const token = await server.signUp()
    const { id, apiKey } = await makeKey(server, token)
    for (const app of replicas.apps) expect((await app.track(apiKey, {})).statusCode).toBe(200)
    for (const _ of [1, 2])
      expect((await ask(server, token, 'DELETE', `/api/me/keys/${id}`)).statusCode).toBe(204)
    for (const answer of [await replicas.at(1).track(apiKey, {}), await getMe(replicas.at(1), apiKey)])
      expect(answer.json()).toMatchObject({ code: 'token_invalid' })
    expect((await getMe(server, token)).statusCode).toBe(200)
  })

  it('ends when its time has come, and when an admin revokes every session', async () => {
    const token = await server.signUp()
    const [short, long] = [await makeKey(server, token), await makeKey(server, token)]
    await sql`update sessions set expires_at = now() where id = ${short.id}`.execute(server.database.kysely)
    expect((await server.track(short.apiKey, {})).json()).toMatchObject({ code: 'token_invalid' })
    const { id } = (await getMe(server, long.apiKey)).json()
    expect((await admin(server, 'DELETE', `/${id}/sessions`)).json()).toEqual({ revoked: 2 })
    expect((await server.track(long.apiKey, {})).json()).toMatchObject({ code: 'token_invalid' })
  })

  it('is not found under another user, nor by the id of a session', async () => {
    const [token, stranger] = [await server.signUp(), await server.signUp()]
    const { id, apiKey } = await makeKey(server, stranger)
    const [session] = (await ask(server, token, 'GET', '/api/me/sessions')).json().sessions
    for (const wanted of [id, session.id, 'nonsense']) {
      const answer = await ask(server, token, 'DELETE', `/api/me/keys/${wanted}`)
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'key_not_found'])
    }
    for (const credential of [apiKey, token]) expect((await getMe(server, credential)).statusCode).toBe(200)
  })

  it.each([
    [{}],
    [{ name: '' }],
    [{ name: 'a\nb' }],
    [{ name: 'x'.repeat(101) }],
    [{ name: 'k', expiresInDays: 0 }],
    [{ name: 'k', expiresInDays: 3651 }],
    [{ name: 'k', expiresInDays: '7' }],
    [{ name: 'k', scope: 'all' }],
  ])('is not made of %j', async (body) => {
    const answer = await ask(server, await server.signUp(), 'POST', '/api/me/keys', body)
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'invalid_request'])
  })

  it('is the hundredth at most, however many are asked for at once', async () => {
    const token = await server.signUp()
    for (const app of replicas.apps) await getMe(app, token)
    for (let made = 0; made < 95; made++) await makeKey(server, token)
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        ask(replicas.at(index), token, 'POST', '/api/me/keys', { name: `k${index}` }),
      ),
    )
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([
      ...Array(5).fill(201),
      ...Array(7).fill(409),
    ])
    const { keys } = (await ask(server, token, 'GET', '/api/me/keys')).json()
    expect(keys).toHaveLength(100)
    await ask(server, token, 'DELETE', `/api/me/keys/${keys[0].id}`)
    expect((await ask(server, token, 'POST', '/api/me/keys', { name: 'again' })).statusCode).toBe(201)
  })
})
