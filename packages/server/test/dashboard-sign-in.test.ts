import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { pathOf } from '../src/dashboard/dashboard-sign-ins.ts'
import { createTestBrowser } from './support/browser.ts'
import {
  askAsPage,
  browserSession,
  COOKIE,
  credentialOf,
  proveByCode,
  signInToDashboard,
} from './support/dashboard-browser.ts'
import { EMAIL_SETTINGS, ORIGIN, printedCode, REDIRECT } from './support/editor.ts'
import {
  browse,
  type OidcServer,
  OUTSIDE_CLIENT_ID,
  OUTSIDE_CLIENT_SECRET,
  startOidcServer,
} from './support/outside-provider.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'

const CALLBACK = `${ORIGIN}/sign-in/callback/oidc`

describe('signing in to the dashboard', () => {
  let oidc: OidcServer
  let app: TestApp
  beforeAll(async () => {
    oidc = await startOidcServer({ callbackUrl: CALLBACK })
    app = await startTestApp('embedded', {
      environment: {
        ...EMAIL_SETTINGS,
        SIGN_IN: 'email,oidc',
        SIGN_IN_ATTEMPTS_PER_NETWORK: '10000',
        OIDC_ISSUER: oidc.issuer,
        OIDC_CLIENT_ID: OUTSIDE_CLIENT_ID,
        OIDC_CLIENT_SECRET: OUTSIDE_CLIENT_SECRET,
        OIDC_NAME: 'Example',
      },
    })
  })
  afterAll(async () => {
    await app.close()
    await oidc.stop()
  })

  const newBrowser = () => createTestBrowser([app], ORIGIN)
  const begin = async (browser = newBrowser(), to = '/') => ({
    browser,
    page: await browser.open(`/sign-in?to=${encodeURIComponent(to)}`),
  })

  it('leads by a mailed code back to where it began, with one cookie that no script and no other site has', async () => {
    const browser = newBrowser()
    const { credential, landed } = await signInToDashboard(app, 'ada@example.com', {
      browser,
      to: '/users?search=a',
    })
    expect(landed.url).toBe('/users?search=a')
    expect(await browserSession(app, credential)).toMatchObject({ user: { email: 'ada@example.com' } })
    expect(browser.cookies).toHaveLength(1)
    expect(browser.cookies[0]?.name).toBe(COOKIE)
    expect(browser.cookies[0]?.flags.toLowerCase().split('; ').sort()).toEqual(
      ['httponly', 'max-age=31536000', 'path=/', 'samesite=strict', 'secure'].sort(),
    )
  })

  it('leads by an outside provider back to where it began', async () => {
    oidc.account = { sub: 'person-1', email: 'outside@example.com', email_verified: true }
    const { browser, page } = await begin(newBrowser(), '/usage')
    const sent = await browser.submit(page, '/with/oidc')
    const back = await browse((sent.leadsTo as URL).href, CALLBACK)
    const landed = await browser.open(back.href, { 'sec-fetch-site': 'cross-site' })
    expect(landed.url).toBe('/usage')
    expect(await browserSession(app, credentialOf(browser) as string)).toMatchObject({
      user: { email: 'outside@example.com' },
    })
    expect((await browser.open(back.href)).status).toBe(400)
  })

  it('is one session of its user, which the log and the list of sessions call the dashboard', async () => {
    const { browser, page } = await begin()
    const codePage = await browser.submit(page, '/email', { email: 'listed@example.com' })
    const code = await printedCode([app], 'listed@example.com')
    await browser.submit(codePage, '/code', { code }, { 'user-agent': 'Mozilla/5.0 (a test)' })
    const { sessions } = (
      await askAsPage(app, credentialOf(browser) as string, 'GET', '/api/me/sessions')
    ).json()
    expect(sessions).toMatchObject([
      { clientName: 'dashboard Mozilla/5.0 (a test)', method: 'email', current: true },
    ])
    const { id } = await app.services.users.getByEmail('listed@example.com')
    const { events } = await app.services.audit.list({ userId: id, action: 'sign_in' })
    expect(events).toMatchObject([{ clientName: 'dashboard Mozilla/5.0 (a test)' }])
  })

  it('stays in the browser it began in: opened elsewhere, it is over', async () => {
    const { page } = await begin()
    const opened = await newBrowser().open(page.url)
    expect(opened.status).toBe(400)
    expect(opened.body).toContain('began in another browser')
  })

  it('is finished once: its pages are over then, and its code is used', async () => {
    const { browser, page } = await begin()
    const codePage = await browser.submit(page, '/email', { email: 'once@example.com' })
    const code = await printedCode([app], 'once@example.com')
    const kept = browser.cookies
    expect((await browser.submit(codePage, '/code', { code })).url).toBe('/')
    expect((await browser.submit(codePage, '/code', { code })).status).toBe(400)
    // By hand, as no browser would: with the cookies from before.
    const again = createTestBrowser([app], ORIGIN, kept)
    expect((await again.submit(codePage, '/code', { code })).status).toBe(403)
    expect(credentialOf(again)).toBeNull()
  })

  it('takes no form of another site, nor of another sign-in', async () => {
    const { browser, page } = await begin()
    const other = await begin(browser)
    const csrf = /name="csrf" value="([^"]+)"/.exec(other.page.body)?.[1] as string
    for (const [typed, headers] of [
      [{ csrf: '' }, {}],
      [{ csrf }, {}],
      [{}, { 'sec-fetch-site': 'cross-site' }],
      [{}, { 'sec-fetch-site': 'same-site' }],
    ] as const) {
      const answer = await browser.submit(page, '/email', { email: 'forged@example.com', ...typed }, headers)
      expect(answer.status).toBe(400)
    }
    expect(app.printed.some((line) => line.includes('forged@example.com'))).toBe(false)
  })

  it('keeps what is under way sealed in the browser, for its own path and for half an hour', async () => {
    const { browser, page } = await begin(newBrowser(), '/plans')
    const [kept] = browser.cookies
    expect(kept).toMatchObject({ name: '__Secure-promptmeter_sign_in', path: page.url })
    expect(kept?.flags).toMatch(/HttpOnly; Secure; SameSite=Lax/)
    expect(Buffer.from(String(kept?.value), 'base64').toString()).not.toContain('/plans')
    const other = (await begin()).page.url
    const moved = [{ ...kept, path: other }] as typeof browser.cookies
    expect((await createTestBrowser([app], ORIGIN, moved).open(other)).status).toBe(400)
    const forged = [{ ...kept, value: `${kept?.value.slice(0, -2)}AA` }] as typeof browser.cookies
    expect((await createTestBrowser([app], ORIGIN, forged).open(page.url)).status).toBe(400)
    vi.useFakeTimers({ now: Date.now() + 31 * 60 * 1000, toFake: ['Date'] })
    try {
      expect((await browser.open(page.url)).status).toBe(400)
    } finally {
      vi.useRealTimers()
    }
    expect((await browser.open(page.url)).status).toBe(200)
  })

  it.each([
    '//evil.example',
    '/\\evil.example',
    '/%5c\\evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '/\tevil',
    '/a\r\nset-cookie: a=b',
    '\\/evil.example',
    ' /users',
    'users',
    '',
    '/é',
    `/${'a'.repeat(500)}`,
  ])('leads nowhere but to this server: not to %j', async (to) => {
    expect(pathOf(to)).toBe('/')
    const { landed } = await signInToDashboard(app, 'led@example.com', { to })
    expect([landed.url, landed.leadsTo]).toEqual(['/', null])
  })

  it('asks also whom it knows, and ends the session that the browser held', async () => {
    const { browser, credential } = await signInToDashboard(app, 'first@example.com')
    const { page } = await begin(browser)
    expect(page.body).toContain('Email address')
    await proveByCode(app, browser, page, 'second@example.com')
    expect(await browserSession(app, credentialOf(browser) as string)).toMatchObject({
      user: { email: 'second@example.com' },
    })
    expect((await askAsPage(app, credential, 'GET', '/api/me')).json().code).toBe('token_invalid')
  })

  it('cancelled leads back and signs nobody in', async () => {
    const { browser, page } = await begin(newBrowser(), '/usage')
    expect((await browser.submit(page, '/cancel')).url).toBe('/usage')
    expect(browser.cookies).toEqual([])
  })

  it('signs nobody in who is disabled', async () => {
    const user = await app.services.users.findOrAdd('disabled@example.com')
    await app.services.users.update(user.id, { disabled: true })
    const { browser, page } = await begin()
    expect((await proveByCode(app, browser, page, 'disabled@example.com')).status).toBe(403)
    expect(credentialOf(browser)).toBeNull()
  })

  it('signs no editor in: an editor asks each time, whoever the browser is', async () => {
    const { browser, credential } = await signInToDashboard(app, 'both@example.com')
    const query = new URLSearchParams({
      client_id: 'editor',
      response_type: 'code',
      redirect_uri: REDIRECT,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    const page = await browser.open(`/oauth/authorize?${query}`)
    expect([page.status, page.leadsTo]).toEqual([200, null])
    expect(page.body).toContain('Email address')
    const silent = await browser.open(`/oauth/authorize?${query}&prompt=none`)
    expect(silent.leadsTo?.searchParams.get('error')).toBe('login_required')
    const done = await proveByCode(app, browser, page, 'both@example.com')
    expect(done.leadsTo?.searchParams.get('code')).toBeTruthy()
    expect(credentialOf(browser)).toBe(credential)
  })

  it('of editors and browsers are told apart by their names, and none is the other', async () => {
    const { browser, page } = await begin()
    const uid = page.url.split('/')[2] as string
    expect(uid).toMatch(/^web-[\w-]{43}$/)
    expect((await browser.open(`/sign-in/${uid.slice(0, -1)}`)).status).toBe(400)
    expect((await browser.open(`/sign-in/${uid}x`)).status).toBe(400)
    expect((await newBrowser().open(`/sign-in/web-${'a'.repeat(43)}`)).status).toBe(400)
  })
})

describe('signing in to the dashboard while nobody chose SIGN_IN', () => {
  it('takes the address alone, makes no admin, and needs no https', async () => {
    const app = await startTestApp('embedded')
    const user = await app.services.users.add('user@example.com')
    await app.services.users.update(user.id, { role: 'admin' })
    const browser = createTestBrowser([app], 'http://localhost')
    const page = await browser.open('/sign-in')
    await browser.submit(page, '/email', { email: 'user@example.com' })
    const [cookie] = browser.cookies
    expect(cookie).toMatchObject({ name: 'promptmeter_dashboard', path: '/' })
    expect(cookie?.flags).not.toContain('Secure')
    const headers = { cookie: `promptmeter_dashboard=${cookie?.value}` }
    const session = (await app.request({ url: '/api/browser-session', headers })).json()
    expect(session).toMatchObject({ user: { email: 'user@example.com' }, admin: false, canInvite: false })
    await app.close()
  })
})
