import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestBrowser } from './support/browser.ts'
import {
  type Editor,
  EMAIL_SETTINGS,
  fetchFrom,
  ORIGIN,
  printedCode,
  REDIRECT,
  startEditor,
} from './support/editor.ts'
import { exchange, listen } from './support/raw-http.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import type { TestApp } from './support/test-app.ts'

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

describe('signing in by OAuth', () => {
  let replicas: Replicas
  let app: TestApp
  let editor: Editor
  beforeAll(async () => {
    const settings = { REDIRECT_ORIGINS: 'https://editor.example.com', SIGN_IN_ATTEMPTS_PER_NETWORK: '10000' }
    replicas = await startReplicas('embedded', 1, { ...EMAIL_SETTINGS, ...settings })
    app = replicas.at(0)
    editor = await startEditor(replicas)
  })
  afterAll(() => replicas.close())

  const authorize = (
    parameters: Record<string, string | undefined>,
    headers: Record<string, string> = {},
  ) => {
    const query = new URLSearchParams()
    const all = {
      client_id: 'editor',
      response_type: 'code',
      redirect_uri: REDIRECT,
      state: 'chosen',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...parameters,
    }
    for (const [name, value] of Object.entries(all)) if (value !== undefined) query.set(name, value)
    return app.request({ url: `/oauth/authorize?${query}`, headers: { accept: 'text/html', ...headers } })
  }
  const tokenRequest = (parameters: Record<string, string>) =>
    app.request({
      method: 'POST',
      url: '/oauth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ client_id: 'editor', ...parameters }).toString(),
    })
  const comeBack = async (email: string, parameters: Record<string, string> = {}) => {
    const { page, verifier, state } = await editor.begin(parameters)
    const { leadsTo } = await editor.proveByCode(page, email)
    return { leadsTo: leadsTo as URL, verifier, state }
  }

  describe('sends a code only where the settings allow', () => {
    it.each([
      'https://evil.example.com/callback',
      'https://editor.example.com.evil.example/callback',
      'https://editor.example.com@evil.example/callback',
      'http://editor.example.com/callback',
      'http://127.0.0.1@evil.example/callback',
      'http://127.0.0.1.evil.example/callback',
      'http://evil.example#@127.0.0.1/',
      'http:/\\evil.example/',
      'vscode://publisher.extension\\@evil.example/',
      'javascript://publisher.extension/%0aalert(1)',
      'data:text/html,hello',
      'vscode:publisher.extension',
      'vscode:///signed-in',
      'unknown-editor://publisher.extension/signed-in',
      'vscode://publisher.extension/signed-in#fragment',
      'vscode://user:password@publisher.extension/signed-in',
      'vscode://publisher.extension/signed in',
      '/relative',
      `${ORIGIN}/sign-in`,
      'http://127.0.0.1/no-redirect-was-named',
    ])('not to %s', async (redirect_uri) => {
      const answer = await authorize({ redirect_uri })
      expect(answer.statusCode).toBe(400)
      expect(answer.headers.location).toBeUndefined()
      expect(answer.body).toContain('This did not work')
      expect(answer.body).not.toContain('http-equiv="refresh"')
    })

    it('and not where no redirect is named', async () => {
      const answer = await authorize({ redirect_uri: undefined })
      expect([answer.statusCode, answer.headers.location]).toEqual([400, undefined])
    })

    it.each([
      'vscode://publisher.extension/signed-in?windowId=1',
      'vscode-insiders://publisher.extension/a/b',
      'cursor://publisher.extension/signed-in',
      'windsurf://publisher.extension/',
      'vscodium://publisher.extension',
      'http://127.0.0.1:49152/callback',
      'http://127.0.0.1/',
      'http://[::1]:8080/callback?x=1',
      'http://localhost:3/callback',
      'https://editor.example.com/callback?vscode-reqid=1',
      `${ORIGIN}/oauth/paste`,
    ])('but to %s', async (redirect_uri) => {
      const answer = await authorize({ redirect_uri })
      expect(answer.statusCode).toBe(303)
      expect(answer.headers.location).toMatch(/^(https:\/\/meter\.example\.com)?\/sign-in\/[\w-]+$/)
    })

    it('with its own answer in place of one that the redirect brings along', async () => {
      const redirect = 'http://127.0.0.1:5000/callback?code=planted&state=planted&iss=planted&keep=1'
      const { leadsTo, state } = await comeBack('planted@example.com', { redirect_uri: redirect })
      expect(leadsTo.searchParams.getAll('code')).toEqual([expect.not.stringContaining('planted')])
      expect(leadsTo.searchParams.getAll('state')).toEqual([state])
      expect(leadsTo.searchParams.getAll('iss')).toEqual([ORIGIN])
      expect(leadsTo.searchParams.get('keep')).toBe('1')
    })
  })

  describe('asks for PKCE with S256 and nothing less', () => {
    it.each([
      ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }],
      ['the plain method', { code_challenge_method: 'plain' }],
      ['no method, which would mean plain', { code_challenge_method: undefined }],
    ])('%s is refused', async (_name, parameters) => {
      const answer = await authorize(parameters)
      expect(answer.body).toContain('error=invalid_request')
      expect(answer.body).not.toMatch(/[?&;]code=/)
    })

    it('a code without its verifier, or with that of another sign-in, is worth nothing', async () => {
      const { leadsTo } = await comeBack('victim@example.com')
      const code = leadsTo.searchParams.get('code') as string
      const grant = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT }
      for (const verifier of [undefined, client.randomPKCECodeVerifier(), ''])
        expect(
          (
            await tokenRequest({ ...grant, ...(verifier !== undefined && { code_verifier: verifier }) })
          ).json(),
        ).toMatchObject({
          error: expect.stringMatching(/^invalid_(grant|request)$/),
        })
    })

    it('a code is redeemed only for the redirect it was sent to', async () => {
      const { leadsTo, verifier } = await comeBack('redirected@example.com')
      const code = leadsTo.searchParams.get('code') as string
      const answer = await tokenRequest({
        grant_type: 'authorization_code',
        code,
        redirect_uri: 'cursor://publisher.extension/signed-in?windowId=7',
        code_verifier: verifier,
      })
      expect(answer.json().error).toBe('invalid_grant')
    })

    it('and as OAuth 2.1 has it, without naming the redirect again', async () => {
      const { leadsTo, verifier } = await comeBack('later@example.com')
      const code = leadsTo.searchParams.get('code') as string
      const answer = await tokenRequest({ grant_type: 'authorization_code', code, code_verifier: verifier })
      expect(answer.statusCode).toBe(200)
    })
  })

  it('says who answered, so that a client with several servers notices a mix-up', async () => {
    const { leadsTo, verifier, state } = await comeBack('mixed@example.com')
    expect(leadsTo.searchParams.get('iss')).toBe(ORIGIN)
    leadsTo.searchParams.set('iss', 'https://other.example.com')
    await expect(editor.redeem(leadsTo, verifier, state)).rejects.toThrow()
    leadsTo.searchParams.set('iss', ORIGIN)
    await expect(editor.redeem(leadsTo, verifier, 'another state')).rejects.toThrow()
  })

  it('takes no other token for a session: an id token, a code, an answer of another kind', async () => {
    const configuration = await client.discovery(new URL(ORIGIN), 'editor', undefined, client.None(), {
      [client.customFetch]: fetchFrom(() => app),
    })
    const { leadsTo, verifier, state } = await comeBack('substitute@example.com', { scope: 'openid' })
    const tokens = await client.authorizationCodeGrant(configuration, leadsTo, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      idTokenExpected: true,
    })
    expect(tokens.claims()).toMatchObject({ iss: ORIGIN, aud: 'editor' })
    for (const token of [tokens.id_token as string, leadsTo.searchParams.get('code') as string]) {
      const answer = await app.request({ url: '/api/me', headers: { authorization: `Bearer ${token}` } })
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'token_invalid'])
    }
    const asCode = {
      grant_type: 'authorization_code',
      code: tokens.access_token,
      redirect_uri: REDIRECT,
      code_verifier: verifier,
    }
    expect((await tokenRequest(asCode)).json().error).toBe('invalid_grant')
  })

  it.each([
    ['host', 'evil.example.com'],
    ['x-forwarded-host', 'evil.example.com'],
    ['x-forwarded-proto', 'http'],
    ['forwarded', 'host=evil.example.com;proto=http'],
    ['x-original-host', 'evil.example.com'],
  ])('builds no link from the header %s', async (name, value) => {
    const headers = { [name]: value }
    const urls = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
    const answers = [
      ...(await Promise.all(urls.map((url) => app.request({ url, headers })))),
      await authorize({}, headers),
      await app.request({ url: '/device', headers: { ...headers, accept: 'text/html' } }),
      await app.request({
        method: 'POST',
        url: '/oauth/device_authorization',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        payload: 'client_id=editor',
      }),
    ]
    for (const answer of answers) {
      expect(answer.statusCode).toBeLessThan(400)
      expect(answer.body + JSON.stringify(answer.headers)).not.toMatch(/evil|http:\/\/meter/)
    }
  })

  it('builds no link from a request target that names a host', async () => {
    const port = await listen(app.app)
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
      const answer = await exchange(
        port,
        `GET http://evil.example.com${path} HTTP/1.1\r\nHost: evil.example.com\r\n\r\n`,
      )
      expect(answer.status).toBe(200)
      expect(answer.body).toContain(`"issuer":"${ORIGIN}"`)
      expect(answer.body).not.toContain('evil')
    }
  })

  it.each([
    ['a picture', 'GET', '/oauth/authorize', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a frame', 'GET', '/device', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['a form', 'POST', '/device', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
    [
      'a call',
      'POST',
      '/oauth/device_authorization',
      { 'sec-fetch-mode': 'cors', origin: 'https://evil.example.com' },
    ],
  ] as const)('%s of another site uses up nothing of its visitors', async (_name, method, url, headers) => {
    const counted = () =>
      app.database.kysely.selectFrom('rate_limits').select(['key', 'points']).orderBy('key').execute()
    const before = await counted()
    const answer = await app.request({
      method,
      url,
      headers: {
        'sec-fetch-site': 'cross-site',
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      ...(method === 'POST' && { payload: 'client_id=editor' }),
    })
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'invalid_request'])
    expect(await counted()).toEqual(before)
  })

  it.each([
    ['POST', '/device', 400],
    ['GET', '/device/abc', 400],
    ['GET', '/oauth/authorize/abc', 400],
  ] as const)(
    '%s %s without a sign-in is the mistake of its sender, and keeps our headers',
    async (method, url, status) => {
      const lines = app.logLines.length
      const answer = await app.request({
        method,
        url,
        headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
        ...(method === 'POST' && { payload: 'xsrf=a&user_code=b' }),
      })
      expect(answer.statusCode).toBe(status)
      expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'/)
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
      expect(app.logLines.slice(lines).filter((line) => line.includes('"level":50'))).toEqual([])
    },
  )

  it('guessed device codes leave no rows', async () => {
    const rows = () => app.database.kysely.selectFrom('rate_limits').select('key').execute()
    const before = (await rows()).length
    for (let guess = 0; guess < 5; guess++)
      expect(
        (await tokenRequest({ grant_type: DEVICE_GRANT, device_code: `guess-${guess}` })).json().error,
      ).toBe('invalid_grant')
    expect((await rows()).length).toBe(before)
  })

  describe('keeps a sign-in in the browser it began in', () => {
    it('opened elsewhere, it is over', async () => {
      const { page } = await editor.begin()
      const stranger = createTestBrowser([app], ORIGIN)
      const opened = await stranger.open(page.url)
      expect(opened.status).toBe(400)
      expect(opened.body).toContain('began in another browser')
    })

    it('another site cannot send its forms', async () => {
      const { page } = await editor.begin()
      for (const [typed, headers] of [
        [{ csrf: '' }, {}],
        [{ csrf: 'x'.repeat(43) }, {}],
        [{}, { 'sec-fetch-site': 'cross-site' }],
        [{}, { 'sec-fetch-site': 'same-site' }],
      ] as const) {
        const answer = await editor.browser.submit(
          page,
          '/email',
          { email: 'csrf@example.com', ...typed },
          headers,
        )
        expect(answer.status).toBe(400)
      }
      expect(app.printed.some((line) => line.includes('csrf@example.com'))).toBe(false)
    })

    it('the form of one sign-in is none of another', async () => {
      const [first, second] = [await editor.begin(), await editor.begin()]
      const csrf = /name="csrf" value="([^"]+)"/.exec(first.page.body)?.[1] as string
      expect(
        (await editor.browser.submit(second.page, '/email', { email: 'a@example.com', csrf })).status,
      ).toBe(400)
    })

    it('its cookies are out of reach of scripts, other sites and plain connections', async () => {
      const browser = createTestBrowser([app], ORIGIN)
      await browser.open((await editor.begin()).page.url)
      await browser.open('/device')
      const fresh = await startEditor(replicas)
      await fresh.begin()
      for (const { name, flags } of [...browser.cookies, ...fresh.browser.cookies]) {
        expect(name).toMatch(/^__Secure-promptmeter_/)
        expect(flags.toLowerCase()).toMatch(/httponly/)
        expect(flags.toLowerCase()).toMatch(/samesite=lax/)
        expect(flags.toLowerCase()).toMatch(/secure/)
      }
    })

    it('a session id from before the sign-in is worth nothing after it', async () => {
      const device = await client.initiateDeviceAuthorization(editor.configuration, {})
      const browser = createTestBrowser([app], ORIGIN)
      const entry = await browser.open(device.verification_uri)
      const before = browser.cookies.find(({ name }) => name === '__Secure-promptmeter_session')?.value
      const confirm = await browser.submit(entry, '/device', { user_code: device.user_code })
      const page = await browser.submit(confirm, '/device', { confirm: 'yes' })
      const done = await editorWith(browser).proveByCode(page, 'fixed@example.com')
      expect(done.body).toContain('Your device is connected')
      expect(browser.cookies.map(({ value }) => value)).not.toContain(before)
    })
  })

  const editorWith = (browser: Editor['browser']) => ({
    async proveByCode(page: Parameters<Editor['proveByCode']>[0], email: string) {
      const codePage = await browser.submit(page, '/email', { email })
      return browser.submit(codePage, '/code', { code: await printedCode([app], email) })
    },
  })

  it('a wrong code stays on its page and says so; five tries later only another code helps', async () => {
    const { page } = await editor.begin()
    let codePage = await editor.browser.submit(page, '/email', { email: 'typo@example.com' })
    const code = await printedCode([app], 'typo@example.com')
    for (let tries = 0; tries < 5; tries++) {
      codePage = await editor.browser.submit(codePage, '/code', {
        code: code === '000000' ? '000001' : '000000',
      })
      expect([codePage.status, codePage.body.includes('role="alert"')]).toEqual([403, true])
    }
    expect((await editor.browser.submit(codePage, '/code', { code })).leadsTo).toBeNull()
    expect((await editor.proveByCode(page, 'typo@example.com')).leadsTo).not.toBeNull()
  })

  it('what somebody types is shown as text, never as markup', async () => {
    const { page } = await editor.begin()
    const shown = await editor.browser.submit(page, '/email', { email: '"><script>alert(1)</script>' })
    expect(shown.body).not.toContain('<script')
    expect(shown.body).toContain('&lt;script&gt;')
  })

  it('cancelling tells the editor, and grants nothing', async () => {
    const { page, state } = await editor.begin()
    const { leadsTo } = await editor.browser.submit(page, '/cancel')
    expect(Object.fromEntries(leadsTo?.searchParams ?? [])).toMatchObject({
      error: 'access_denied',
      state,
      windowId: '7',
    })
  })

  it('never signs in without its user: prompt=none is refused', async () => {
    await editor.signIn('silent@example.com')
    const { page } = await editor.begin({ prompt: 'none' })
    expect(page.leadsTo?.searchParams.get('error')).toBe('login_required')
  })

  it('answers codes in the query alone', async () => {
    for (const response_mode of ['form_post', 'fragment', 'web_message'])
      expect((await authorize({ response_mode })).statusCode).toBe(400)
  })

  it('knows no other client, and no other grant', async () => {
    expect((await authorize({ client_id: 'other' })).statusCode).toBe(400)
    for (const grant_type of ['password', 'client_credentials', 'refresh_token', 'implicit'])
      expect(
        (await tokenRequest({ grant_type, username: 'a', password: 'b', refresh_token: 'c' })).json().error,
      ).toMatch(/unsupported_grant_type|invalid_request/)
  })

  it('a user who is disabled or deleted before the code is redeemed gets no session', async () => {
    for (const change of ['disable', 'delete'] as const) {
      const email = `${change}@example.com`
      const { leadsTo, verifier, state } = await comeBack(email)
      const user = await app.services.users.getByEmail(email)
      if (change === 'disable') await app.services.users.update(user.id, { disabled: true })
      else await app.services.removal.remove(user.id)
      await expect(editor.redeem(leadsTo, verifier, state)).rejects.toMatchObject({ error: 'invalid_grant' })
    }
  })

  describe('a device', () => {
    const poll = (code: string) =>
      client.genericGrantRequest(editor.configuration, DEVICE_GRANT, { device_code: code })

    it('that its user refuses gets nothing', async () => {
      const device = await client.initiateDeviceAuthorization(editor.configuration, {})
      const browser = createTestBrowser([app], ORIGIN)
      const entry = await browser.open(device.verification_uri)
      const confirm = await browser.submit(entry, '/device', { user_code: device.user_code })
      expect(confirm.body).toContain(device.user_code)
      const refused = await browser.submit(confirm, '/device', { abort: 'yes' })
      expect(refused.body).toContain('Refused')
      await expect(poll(device.device_code)).rejects.toMatchObject({ error: 'access_denied' })
    })

    it('that polls without pause is told to slow down', async () => {
      const device = await client.initiateDeviceAuthorization(editor.configuration, {})
      const errors = new Set<string>()
      for (let polls = 0; polls < 30; polls++)
        await poll(device.device_code).catch((error: { error: string }) => errors.add(error.error))
      expect([...errors]).toEqual(['authorization_pending', 'slow_down'])
    })

    it('whose code is entered over and over is not connected', async () => {
      const device = await client.initiateDeviceAuthorization(editor.configuration, {})
      const browser = createTestBrowser([app], ORIGIN)
      const entry = await browser.open(device.verification_uri)
      const titles = []
      for (let entries = 0; entries < 12; entries++) {
        const answer = await browser.submit(entry, '/device', { user_code: device.user_code })
        titles.push(answer.body.includes('Is this your device?'))
      }
      expect(titles.filter(Boolean)).toHaveLength(10)
    })

    it('needs the form of our own page, in the browser that opened it', async () => {
      const device = await client.initiateDeviceAuthorization(editor.configuration, {})
      const entry = await createTestBrowser([app], ORIGIN).open(device.verification_uri)
      const stranger = createTestBrowser([app], ORIGIN)
      await stranger.open('/device')
      const answer = await stranger.submit(entry, '/device', { user_code: device.user_code, confirm: 'yes' })
      expect(answer.body).not.toContain('Sign in')
    })

    it('that comes too late is told so', async () => {
      const device = await client.initiateDeviceAuthorization(editor.configuration, {})
      await expect(poll(device.device_code)).rejects.toMatchObject({ error: 'authorization_pending' })
      vi.useFakeTimers({ now: Date.now() + 16 * 60 * 1000, toFake: ['Date'] })
      try {
        await expect(poll(device.device_code)).rejects.toMatchObject({ error: 'expired_token' })
      } finally {
        vi.useRealTimers()
      }
    })

    it('an unknown code is refused like one that is over', async () => {
      const browser = createTestBrowser([app], ORIGIN)
      const entry = await browser.open('/device')
      const answer = await browser.submit(entry, '/device', { user_code: 'BCDF-GHJK' })
      expect(answer.body).toContain('not known, or no longer')
    })
  })
})

describe('a change of JWT_SECRET', () => {
  it('leaves sessions, sign-ins under way and codes as they were, while the old secret is listed', async () => {
    const replicas = await startReplicas('postgres', 1, EMAIL_SETTINGS)
    const editor = await startEditor(replicas)
    const token = await editor.signIn('rotate@example.com')
    const { page, verifier, state } = await editor.begin()
    const codePage = await editor.browser.submit(page, '/email', { email: 'rotate@example.com' })
    const code = await printedCode(replicas.apps, 'rotate@example.com')
    const device = await client.initiateDeviceAuthorization(editor.configuration, {})

    const { startTestApp } = await import('./support/test-app.ts')
    const { DATABASE_URL = '', DATA_DIR = '', JWT_SECRET = '' } = replicas.at(0).environment
    const renewed = await startTestApp('postgres', {
      testDatabase: {
        engine: 'postgres',
        dataDir: DATA_DIR,
        environment: { DATABASE_URL, DATA_DIR, PORT: '0', ADMIN_KEY: 'k' },
        remove: async () => {},
      },
      environment: {
        ...EMAIL_SETTINGS,
        JWT_SECRET: 'another-secret-another-secret-12345',
        JWT_SECRET_PREVIOUS: JWT_SECRET,
      },
    })
    const headers = { authorization: `Bearer ${token}` }
    const me = await renewed.request({ url: '/api/me', headers })
    expect(me.statusCode).toBe(200)
    expect(
      (await renewed.request({ url: '/api/me', headers: { authorization: `Bearer ${me.json().apiKey}` } }))
        .statusCode,
    ).toBe(200)

    const browser = createTestBrowser([renewed], ORIGIN, editor.browser.cookies)
    const { leadsTo } = await browser.submit(codePage, '/code', { code })
    const tokens = await client.authorizationCodeGrant(
      (await startEditor({ apps: [renewed] })).configuration,
      leadsTo as URL,
      { pkceCodeVerifier: verifier, expectedState: state },
    )
    expect(
      (await renewed.request({ url: '/api/me', headers: { authorization: `Bearer ${tokens.access_token}` } }))
        .statusCode,
    ).toBe(200)
    const entry = await createTestBrowser([renewed], ORIGIN).open(device.verification_uri_complete as string)
    expect(entry.status).toBe(200)
    await renewed.close()

    const without = await startTestApp('postgres', {
      testDatabase: {
        engine: 'postgres',
        dataDir: DATA_DIR,
        environment: { DATABASE_URL, DATA_DIR, PORT: '0', ADMIN_KEY: 'k' },
        remove: async () => {},
      },
      environment: { ...EMAIL_SETTINGS, JWT_SECRET: 'another-secret-another-secret-12345' },
    })
    expect((await without.request({ url: '/api/me', headers })).json().code).toBe('token_invalid')
    await without.close()
    await replicas.close()
  })
})
