import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { createTestDatabase, describeOnBothEngines, type TestDatabase } from './support/test-database.ts'

const ID = '019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071'

const ROUTES = [
  ['GET', '/api/admin/users'],
  ['POST', '/api/admin/users'],
  ['POST', '/api/admin/users/import'],
  ['GET', `/api/admin/users/${ID}`],
  ['PATCH', `/api/admin/users/${ID}`],
  ['DELETE', `/api/admin/users/${ID}`],
  ['GET', `/api/admin/users/${ID}/limits`],
  ['GET', `/api/admin/users/${ID}/usage`],
  ['GET', `/api/admin/users/${ID}/sessions`],
  ['DELETE', `/api/admin/users/${ID}/sessions`],
  ['DELETE', `/api/admin/users/${ID}/sessions/${ID}`],
  ['POST', `/api/admin/users/${ID}/corrections`],
  ['GET', '/api/admin/audit'],
  ['GET', '/api/admin/plans'],
  ['GET', '/api/admin/plans/pro'],
  ['PUT', '/api/admin/plans/pro'],
  ['DELETE', '/api/admin/plans/pro'],
  ['GET', '/api/admin/prices'],
  ['PUT', '/api/admin/prices'],
  ['DELETE', '/api/admin/prices'],
  ['GET', '/api/admin/overview'],
  ['POST', '/api/admin/plans/pro/preview'],
  ['GET', '/api/admin/users/export'],
  ['GET', '/api/admin/audit/export'],
  ['GET', `/api/admin/users/${ID}/events`],
  ['POST', '/api/admin/links'],
] as const

describeOnBothEngines('the admin key', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  it('guards every route of the admin API that is documented', async () => {
    await server.app.ready()
    const documented = Object.entries(server.app.swagger().paths as Record<string, object>)
      .filter(([path]) => path.startsWith('/api/admin'))
      .flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method} ${path}`))
    const tested = ROUTES.map(([method, path]) =>
      `${method.toLowerCase()} ${path}`
        .replace(ID, '{id}')
        .replace(ID, '{sessionId}')
        .replace('/plans/pro', '/plans/{name}'),
    )
    expect(documented.sort()).toEqual(tested.sort())
  })

  it.each(ROUTES)('is missed on %s %s when nothing is sent, before the body is read', async (method, url) => {
    const answer = await server.request({ method, url, payload: 'not json' })
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(answer.json()).toMatchObject({ code: 'token_missing' })
  })

  it.each(ROUTES)('is asked for on %s %s, where a wrong one is refused', async (method, url) => {
    const answer = await server.request({ method, url, headers: bearer('test-admin-kez') })
    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toMatchObject({ code: 'admin_key_invalid' })
  })

  it.each([
    ['a shorter one', 'test-admin-ke'],
    ['a longer one', 'test-admin-key1'],
    ['another case', 'TEST-ADMIN-KEY'],
  ])('is refused as %s', async (_, key) => {
    const answer = await server.request({ url: '/api/admin/users', headers: bearer(key) })
    expect(answer.statusCode).toBe(403)
  })

  it('is not what the session token or API key of a member is', async () => {
    const token = await server.signUp()
    const { apiKey } = (await server.request({ url: '/api/me', headers: bearer(token) })).json()
    for (const credential of [token, apiKey]) {
      const answer = await server.request({ url: '/api/admin/users', headers: bearer(credential) })
      expect(answer.json()).toMatchObject({ code: 'admin_required' })
    }
  })

  it('is in no log line and no answer', async () => {
    await server.request({ url: '/api/admin/users', headers: bearer('test-admin-key') })
    const refused = await server.request({ url: '/api/admin/users', headers: bearer('a-guessed-key-42') })
    expect(refused.body).not.toContain('a-guessed-key-42')
    expect(server.logLines.join('')).not.toMatch(/test-admin-key|a-guessed-key-42/)
  })
})

describe('without an admin key', () => {
  let testDatabase: TestDatabase
  let server: TestApp
  beforeAll(async () => {
    testDatabase = await createTestDatabase('postgres')
    const { ADMIN_KEY: _, ...environment } = testDatabase.environment
    server = await startTestApp('postgres', { testDatabase: { ...testDatabase, environment } })
  })
  afterAll(async () => {
    await server.close()
    await testDatabase.remove()
  })

  it.each(ROUTES)(
    '%s %s says that no key opens it, whatever is sent that is no session',
    async (method, url) => {
      for (const headers of [{}, bearer('null'), bearer('undefined'), { authorization: 'Bearer ' }]) {
        const answer = await server.request({ method, url, headers })
        expect(answer.statusCode).toBe(403)
        expect(answer.json()).toMatchObject({ code: 'admin_disabled' })
      }
    },
  )
})
