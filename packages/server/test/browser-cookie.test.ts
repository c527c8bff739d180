import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeKey } from './support/account-requests.ts'
import { askAsPage, COOKIE, FROM_OUR_PAGE, startSession } from './support/dashboard-browser.ts'
import { EMAIL_SETTINGS, ORIGIN } from './support/editor.ts'
import { bearer } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'

const LISTED = 'https://app.example.com'

let server: TestApp
beforeAll(async () => {
  server = await startTestApp('embedded', { environment: { ...EMAIL_SETTINGS, CORS_ORIGINS: LISTED } })
})
afterAll(() => server.close())

let people = 0
const newSession = () => startSession(server, `cookie-${++people}@example.com`)
const liveKeys = async (userId: string) => (await server.services.keys.list(userId)).length

describe('the cookie of the dashboard', () => {
  it('stands for its session where the page asks: to read, to change, to renew', async () => {
    const { credential, userId } = await newSession()
    expect((await askAsPage(server, credential, 'GET', '/api/me')).json()).toMatchObject({ id: userId })
    const made = await askAsPage(server, credential, 'POST', '/api/me/keys', { payload: { name: 'a key' } })
    expect(made.statusCode).toBe(201)
    expect((await askAsPage(server, credential, 'POST', '/api/session/renew')).statusCode).toBe(200)
    const typed = { cookie: `${COOKIE}=${credential}`, 'sec-fetch-site': 'none' }
    expect((await server.request({ url: '/api/me/export', headers: typed })).statusCode).toBe(200)
  })

  it.each([
    ['a page of another origin', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another origin, by an old browser', { origin: 'https://evil.example' }],
    ['another port of the same host', { origin: `${ORIGIN}:8443`, 'sec-fetch-site': 'same-site' }],
    ['another port, by an old browser', { origin: `${ORIGIN}:8443` }],
    ['a subdomain', { origin: 'https://app.meter.example.com', 'sec-fetch-site': 'same-site' }],
    ['the same host in clear', { origin: ORIGIN.replace('https:', 'http:') }],
    ['an origin that only begins like ours', { origin: `${ORIGIN}.evil.example` }],
    ['a frame without an origin', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    ['a sender that names no origin', { 'sec-fetch-site': 'same-origin' }],
    ['an address that was typed', { origin: ORIGIN, 'sec-fetch-site': 'none' }],
    ['a sender that says two things', { origin: ORIGIN, 'sec-fetch-site': 'same-origin, cross-site' }],
    ['an origin that CORS_ORIGINS lists', { origin: LISTED, 'sec-fetch-site': 'cross-site' }],
  ])('changes nothing for %s', async (_sender, headers: Record<string, string>) => {
    const { credential, userId } = await newSession()
    const cookie = `${COOKIE}=${credential}`
    for (const [method, url, payload] of [
      ['POST', '/api/me/keys', { name: 'forged' }],
      ['DELETE', '/api/me', undefined],
      ['DELETE', '/api/browser-session', undefined],
      ['POST', '/api/admin/users', { email: 'forged@example.com' }],
    ] as const) {
      const answer = await server.request({
        method,
        url,
        headers: { cookie, ...headers },
        ...(payload && { payload }),
      })
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'origin_refused'])
      expect(answer.headers).not.toHaveProperty('set-cookie')
    }
    expect(await liveKeys(userId)).toBe(0)
    expect((await askAsPage(server, credential, 'GET', '/api/me')).statusCode).toBe(200)
  })

  it.each(['cross-site', 'same-site'])('reads nothing for a page that is %s', async (site) => {
    const { credential } = await newSession()
    const headers = { cookie: `${COOKIE}=${credential}`, 'sec-fetch-site': site }
    for (const url of ['/api/me', '/api/me/export', '/api/admin/users', '/api/browser-session'])
      expect((await server.request({ url, headers })).json().code).toBe('origin_refused')
  })

  it.each([
    ['POST', '/trackUsage'],
    ['POST', '/trackUsage/batch'],
    ['GET', '/v1/models'],
    ['POST', '/v1/chat/completions'],
    ['POST', '/v1/responses'],
  ] as const)('is nothing to %s %s', async (method, url) => {
    const { credential } = await newSession()
    const payload = method === 'POST' ? { usage: 1, model: 'promptmeter-demo', messages: [] } : undefined
    const answer = await server.request({
      method,
      url,
      headers: { cookie: `${COOKIE}=${credential}`, ...FROM_OUR_PAGE },
      ...(payload && { payload }),
    })
    expect(answer.statusCode).toBe(401)
    expect(answer.body).toContain('token_missing')
  })

  it('is none when it is sent twice, whichever comes first', async () => {
    const [{ credential }, other] = [await newSession(), await newSession()]
    for (const values of [
      [credential, other.credential],
      [other.credential, credential],
      [credential, ''],
      [credential, credential],
    ]) {
      const cookie = values.map((value) => `${COOKIE}=${value}`).join('; ')
      const answer = await server.request({ url: '/api/me', headers: { cookie, ...FROM_OUR_PAGE } })
      expect([answer.statusCode, answer.json().code]).toEqual([401, 'token_missing'])
    }
    const cookie = `a=b; ${COOKIE}=${credential}; x-${COOKIE}=c`
    expect((await server.request({ url: '/api/me', headers: { cookie } })).statusCode).toBe(200)
  })

  it('is none under the name it has without https', async () => {
    const { credential } = await newSession()
    const cookie = `promptmeter_dashboard=${credential}`
    expect((await server.request({ url: '/api/me', headers: { cookie } })).statusCode).toBe(401)
  })

  it('gives way to an Authorization header, good or bad', async () => {
    const [own, other] = [await newSession(), await newSession()]
    const cookie = `${COOKIE}=${own.credential}`
    const good = { cookie, ...bearer(other.credential), origin: 'https://evil.example' }
    expect((await server.request({ url: '/api/me', headers: good })).json().id).toBe(other.userId)
    for (const [authorization, code] of [
      ['Bearer pm_nonsense', 'token_invalid'],
      ['Basic abc', 'token_missing'],
      ['', 'token_missing'],
    ]) {
      const headers = { cookie, ...FROM_OUR_PAGE, authorization: authorization as string }
      for (const url of ['/api/me', '/api/session/renew'])
        expect(
          (await server.request({ method: url === '/api/me' ? 'GET' : 'POST', url, headers })).json().code,
        ).toBe(code)
    }
  })

  it.each(['a session token', 'the admin key', 'nonsense'])('is none with %s in it', async (kind) => {
    const token = await server.signUp()
    const values = { 'a session token': token, 'the admin key': 'test-admin-key', nonsense: 'pm_%22' }
    const value = values[kind as keyof typeof values]
    for (const url of ['/api/me', '/api/admin/users'])
      expect((await askAsPage(server, value, 'GET', url)).json().code).toBe('token_invalid')
  })

  it('is refused by the very next request once its session is revoked, or its user disabled or erased', async () => {
    const { sessions, users, removal } = server.services
    for (const [end, code] of [
      [(userId: string, id: string) => sessions.revoke(userId, id), 'token_invalid'],
      [(userId: string) => users.update(userId, { disabled: true }), 'user_disabled'],
      [(userId: string) => removal.remove(userId), 'user_not_found'],
    ] as const) {
      const { credential, userId, sessionId } = await newSession()
      expect((await askAsPage(server, credential, 'GET', '/api/me')).statusCode).toBe(200)
      await end(userId, sessionId)
      for (const url of ['/api/me', '/api/admin/users'])
        expect((await askAsPage(server, credential, 'GET', url)).json().code).toBe(code)
    }
  })

  it('opens the admin API to an admin who proved the address, and to nobody else', async () => {
    const { users } = server.services
    const listed = async (credential: string) => {
      const answer = await askAsPage(server, credential, 'GET', '/api/admin/users?limit=1')
      return answer.statusCode === 200 ? 'let in' : answer.json().code
    }
    const admin = await newSession()
    expect(await listed(admin.credential)).toBe('admin_required')
    await users.update(admin.userId, { role: 'admin' })
    expect(await listed(admin.credential)).toBe('let in')
    expect(await listed((await startSession(server, admin.email, 'trusted')).credential)).toBe(
      'admin_required',
    )
    expect(await listed((await makeKey(server, admin.credential)).apiKey)).toBe('admin_required')
  })

  it('is never asked for by CORS: no answer lets another origin send credentials', async () => {
    const { credential } = await newSession()
    const asked = { origin: LISTED, 'access-control-request-method': 'POST' }
    for (const answer of [
      await server.request({ method: 'OPTIONS', url: '/api/me/keys', headers: asked }),
      await server.request({ method: 'OPTIONS', url: '/api/browser-session', headers: asked }),
      await askAsPage(server, credential, 'GET', '/api/me', { headers: { origin: LISTED } }),
    ]) {
      expect(answer.headers['access-control-allow-origin']).toBe(LISTED)
      expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
    }
  })
})

describe('without PUBLIC_URL', () => {
  let local: TestApp
  beforeAll(async () => {
    local = await startTestApp('embedded', { environment: { REGISTRATION: 'open' } })
  })
  afterAll(() => local.close())

  it.each([
    ['the address it was reached at', 'http://127.0.0.1:3000', 200],
    ['another port', 'http://127.0.0.1:3001', 403],
    ['another name of this machine', 'http://localhost:3000', 403],
    ['another site', 'https://evil.example', 403],
    ['nobody', undefined, 403],
  ] as const)('a page of %s is told by its Host', async (_name, origin, status) => {
    const { credential } = await startSession(local, 'local@example.com')
    const answer = await local.request({
      method: 'POST',
      url: '/api/session/renew',
      headers: {
        host: '127.0.0.1:3000',
        cookie: `promptmeter_dashboard=${credential}`,
        ...(origin !== undefined && { origin }),
      },
    })
    expect(answer.statusCode).toBe(status)
  })
})
