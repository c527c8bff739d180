import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBrowser } from './support/browser.ts'
import { askAsPage, browserSession, COOKIE, credentialOf, startSession } from './support/dashboard-browser.ts'
import { EMAIL_SETTINGS, ORIGIN } from './support/editor.ts'
import { ADMIN, type Replicas, startReplicas } from './support/replicas.ts'
import { bearer } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { createTestDatabase, describeOnBothEngines } from './support/test-database.ts'

const makeLink = async (app: TestApp): Promise<string> => {
  const answer = await app.request({ method: 'POST', url: '/api/admin/links', headers: ADMIN })
  expect(answer.statusCode).toBe(201)
  return answer.json().url
}
const pathOf = (link: string) => link.slice(ORIGIN.length)
const follow = (app: TestApp, link: string, headers: Record<string, string> = {}) =>
  app.request({ url: pathOf(link), headers: { accept: 'text/html', ...headers } })

describeOnBothEngines('a link of the operator', (engine) => {
  let replicas: Replicas
  let app: TestApp
  beforeAll(async () => {
    const settings = { ...EMAIL_SETTINGS, SIGN_IN_ATTEMPTS_PER_NETWORK: '10000' }
    replicas = await startReplicas(engine, 2, settings)
    app = replicas.at(0)
  })
  afterAll(() => replicas.close())

  /** Follows a fresh link and gives what the browser then holds. */
  const becomeOperator = async () => {
    const browser = createTestBrowser(replicas.apps, ORIGIN)
    const link = await makeLink(app)
    await browser.open(link)
    return { browser, link, credential: credentialOf(browser) as string }
  }

  it('opens the dashboard as the operator, on any replica, and the admin API with it', async () => {
    const { browser, credential } = await becomeOperator()
    expect(credential).toMatch(/^po_[\w-]{43}$/)
    const kept = browser.cookies.find(({ name }) => name === COOKIE)
    expect(kept).toMatchObject({ path: '/' })
    expect(kept?.flags.toLowerCase().split('; ').sort()).toEqual(
      ['httponly', 'max-age=43200', 'path=/', 'samesite=strict', 'secure'].sort(),
    )
    for (const replica of replicas.apps) {
      expect(await browserSession(replica, credential)).toMatchObject({
        user: null,
        operator: true,
        admin: true,
      })
      const payload = { email: `by-link-${replicas.apps.indexOf(replica)}@example.com` }
      const added = await askAsPage(replica, credential, 'POST', '/api/admin/users', { payload })
      expect(added.statusCode).toBe(201)
    }
    expect((await askAsPage(app, credential, 'GET', '/api/me')).json().code).toBe('token_invalid')
    expect((await app.request({ url: '/api/admin/users', headers: bearer(credential) })).statusCode).toBe(403)
  })

  it('is made with the admin key alone', async () => {
    const { credential } = await becomeOperator()
    const admin = await startSession(app, 'admin@example.com')
    await app.services.users.update(admin.userId, { role: 'admin' })
    const ask = (headers: Record<string, string>) =>
      app.request({ method: 'POST', url: '/api/admin/links', headers })
    const rows = () => app.database.kysely.selectFrom('operator_sessions').select('id').execute()
    const before = (await rows()).length
    for (const answer of [
      await askAsPage(app, credential, 'POST', '/api/admin/links'),
      await askAsPage(app, admin.credential, 'POST', '/api/admin/links'),
      await ask(bearer(admin.credential)),
      await ask(bearer(await app.signUp())),
    ])
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'admin_required'])
    expect((await ask(bearer('test-admin-kez'))).json().code).toBe('admin_key_invalid')
    expect((await ask({})).statusCode).toBe(401)
    expect((await rows()).length).toBe(before)
  })

  it('counts once: opened again it leads back in where it was followed, and nowhere else', async () => {
    const { browser, link } = await becomeOperator()
    const again = await follow(app, link, { cookie: `${COOKIE}=${credentialOf(browser)}` })
    expect([again.statusCode, again.headers.location]).toEqual([303, '/'])
    const elsewhere = await follow(app, link)
    expect(elsewhere.statusCode).toBe(403)
    expect(elsewhere.body).toContain('This link was used or has expired.')
    expect(elsewhere.body).toContain('npx promptmeter admin-link')
    expect(elsewhere.headers).not.toHaveProperty('set-cookie')
    const user = await startSession(app, 'no-operator@example.com')
    expect((await follow(app, link, { cookie: `${COOKIE}=${user.credential}` })).statusCode).toBe(403)
  })

  it('followed twenty times at once signs one browser in', async () => {
    const link = await makeLink(app)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => follow(replicas.at(index), link)),
    )
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([303, ...Array(19).fill(403)])
    expect(answers.filter(({ headers }) => headers['set-cookie'] !== undefined)).toHaveLength(1)
  })

  it('expires after an hour, and the session it began after twelve', async () => {
    const link = await makeLink(app)
    const { credential } = await becomeOperator()
    const { rows } = await sql<{ link: number; session: number | null }>`
      select extract(epoch from link_expires_at - created_at)::int as link,
        extract(epoch from expires_at - created_at)::int as session
      from operator_sessions order by created_at desc, id desc limit 2`.execute(app.database.kysely)
    expect(rows).toEqual([
      { link: 3600, session: expect.toSatisfy((seconds: number) => Math.abs(seconds - 43_200) < 60) },
      { link: 3600, session: null },
    ])
    await sql`update operator_sessions set link_expires_at = now(), expires_at = now()`.execute(
      app.database.kysely,
    )
    expect((await follow(app, link)).statusCode).toBe(403)
    expect(await browserSession(app, credential)).toMatchObject({ operator: false, admin: false })
    expect((await askAsPage(app, credential, 'GET', '/api/admin/users')).json().code).toBe('token_invalid')
    await app.services.operators.deleteExpired()
    const left = await app.database.kysely.selectFrom('operator_sessions').select('id').execute()
    expect(left).toEqual([])
  })

  it('that is open is left by the sweep, as is a session that lives', async () => {
    const link = await makeLink(app)
    const { credential } = await becomeOperator()
    await app.services.operators.deleteExpired()
    expect(await browserSession(app, credential)).toMatchObject({ operator: true })
    expect((await follow(app, link)).statusCode).toBe(303)
  })

  it.each([
    ['HEAD', {}, 405],
    ['GET', { 'sec-purpose': 'prefetch' }, 503],
    ['GET', { 'sec-purpose': 'prefetch;prerender' }, 503],
    ['GET', { purpose: 'prefetch' }, 503],
  ] as const)('is not followed by %s %j', async (method, headers, status) => {
    const link = await makeLink(app)
    const looked = await app.request({ method, url: pathOf(link), headers })
    expect([looked.statusCode, looked.headers['set-cookie']]).toEqual([status, undefined])
    expect((await follow(app, link)).statusCode).toBe(303)
  })

  it.each(['', 'x'.repeat(43), `po_${'x'.repeat(43)}`, 'a&secret=b', "' or true --"])(
    'is no link with the secret %j',
    async (secret) => {
      const answer = await app.request({ url: `/sign-in/link?secret=${encodeURI(secret)}` })
      expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([403, undefined])
    },
  )

  it('ends its session by signing out, at once and on every replica', async () => {
    const { credential } = await becomeOperator()
    const answer = await askAsPage(app, credential, 'DELETE', '/api/browser-session')
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([
      204,
      expect.stringContaining('Max-Age=0'),
    ])
    const refused = await askAsPage(replicas.at(1), credential, 'GET', '/api/admin/users')
    expect(refused.json().code).toBe('token_invalid')
  })

  it('signs a user out whom the browser was before', async () => {
    const user = await startSession(app, 'before@example.com')
    const followed = await follow(app, await makeLink(app), { cookie: `${COOKIE}=${user.credential}` })
    expect(followed.statusCode).toBe(303)
    expect((await askAsPage(app, user.credential, 'GET', '/api/me')).json().code).toBe('token_invalid')
  })

  it('leaves its secret in no row, no log line and no Referer', async () => {
    const unused = await makeLink(app)
    const { link, credential } = await becomeOperator()
    await browserSession(app, credential)
    for (const answer of [
      await follow(app, link),
      await follow(app, unused, { 'sec-purpose': 'prefetch' }),
      await follow(app, unused),
    ]) {
      expect(answer.headers['referrer-policy']).toBe('no-referrer')
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(answer.body).not.toContain(new URL(link).searchParams.get('secret'))
    }
    const { rows } = await sql<{ row: string }>`
      select row_to_json(t)::text as row from operator_sessions t
      union all select row_to_json(t)::text from audit_events t
      union all select row_to_json(t)::text from rate_limits t`.execute(app.database.kysely)
    const written = [...rows.map(({ row }) => row), ...replicas.apps.flatMap(({ logLines }) => logLines)]
    for (const url of [unused, link]) {
      const secret = new URL(url).searchParams.get('secret') as string
      expect(secret).toMatch(/^[\w-]{43}$/)
      expect(written.filter((text) => text.includes(secret))).toEqual([])
    }
    expect(written.filter((text) => text.includes(credential.slice(3)))).toEqual([])
    expect(written.filter((text) => text.includes('/sign-in/link')).length).toBeGreaterThan(0)
  })

  it('is told to the audit log when it is made, followed and refused', async () => {
    const { link } = await becomeOperator()
    await follow(app, link)
    const { events } = (await app.request({ url: '/api/admin/audit?limit=3', headers: ADMIN })).json()
    expect(
      events.map((event: { action: string; actor: object; details: object }) => [
        event.action,
        event.actor,
        event.details,
      ]),
    ).toMatchObject([
      ['sign_in_refused', { kind: 'nobody' }, { reason: 'link_invalid' }],
      ['operator_signed_in', { kind: 'operator' }, {}],
      ['admin_link_made', { kind: 'operator' }, {}],
    ])
  })
})

describe('a change of the admin key', () => {
  it('ends what was opened by its links, and the links that were not followed yet', async () => {
    const testDatabase = await createTestDatabase('embedded')
    const startWith = (adminKey: string) =>
      startTestApp('embedded', { testDatabase, environment: { ...EMAIL_SETTINGS, ADMIN_KEY: adminKey } })
    const before = await startWith('test-admin-key')
    const browser = createTestBrowser([before], ORIGIN)
    await browser.open(await makeLink(before))
    const credential = credentialOf(browser) as string
    const unused = await makeLink(before)
    expect(await browserSession(before, credential)).toMatchObject({ operator: true })
    await before.close()

    const after = await startWith('another-admin-key')
    expect(await browserSession(after, credential)).toMatchObject({ operator: false, admin: false })
    expect((await follow(after, unused)).statusCode).toBe(403)
    await after.close()
    await testDatabase.remove()
  })
})

describe('guessing links', () => {
  it('is limited per network, by the count of codes that are tried', async () => {
    const app = await startTestApp('embedded', {
      environment: { ...EMAIL_SETTINGS, SIGN_IN_ATTEMPTS_PER_NETWORK: '5' },
    })
    const statuses = []
    for (let tries = 0; tries < 6; tries++)
      statuses.push((await follow(app, `${ORIGIN}/sign-in/link?secret=${'x'.repeat(43)}`)).statusCode)
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429])
    expect((await follow(app, await makeLink(app))).statusCode).toBe(429)
    await app.close()
  })
})
