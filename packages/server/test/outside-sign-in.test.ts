import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestBrowser } from './support/browser.ts'
import { type Editor, EMAIL_SETTINGS, ORIGIN, startEditor } from './support/editor.ts'
import {
  browse,
  type GithubServer,
  type OidcServer,
  OUTSIDE_CLIENT_ID,
  OUTSIDE_CLIENT_SECRET,
  startGithubServer,
  startOidcServer,
} from './support/outside-provider.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const CALLBACKS = {
  oidc: `${ORIGIN}/sign-in/callback/oidc`,
  github: `${ORIGIN}/sign-in/callback/github`,
} as const
type Way = keyof typeof CALLBACKS

describeOnBothEngines('signing in at an outside provider, over two replicas', (engine) => {
  let oidc: OidcServer
  let github: GithubServer
  let replicas: Replicas
  let editor: Editor
  beforeAll(async () => {
    oidc = await startOidcServer({ callbackUrl: CALLBACKS.oidc })
    github = await startGithubServer(CALLBACKS.github)
    replicas = await startReplicas(engine, 2, {
      ...EMAIL_SETTINGS,
      SIGN_IN: 'email,github,oidc',
      REGISTRATION: 'invited',
      ADMIN_EMAILS: 'boss@example.com',
      OIDC_ISSUER: oidc.issuer,
      OIDC_CLIENT_ID: OUTSIDE_CLIENT_ID,
      OIDC_CLIENT_SECRET: OUTSIDE_CLIENT_SECRET,
      OIDC_NAME: 'Example',
      GITHUB_URL: github.url,
      GITHUB_CLIENT_ID: OUTSIDE_CLIENT_ID,
      GITHUB_CLIENT_SECRET: OUTSIDE_CLIENT_SECRET,
    })
    editor = await startEditor(replicas)
    for (const email of ['known@example.com', 'second@example.com'])
      await replicas.at(0).services.users.add(email)
  })
  afterAll(async () => {
    await replicas.close()
    await oidc.stop()
    await github.stop()
  })

  const comesAs = (way: Way, id: number, email: string, verified = true) => {
    if (way === 'oidc') oidc.account = { sub: `person-${id}`, email, email_verified: verified }
    else github.account = { id, emails: [{ email, primary: true, verified }] }
  }
  /** Begins, visits the provider and comes back with what it said. */
  const visit = async (way: Way) => {
    const begun = await editor.begin()
    const sent = await editor.browser.submit(begun.page, `/with/${way}`)
    const back = await browse((sent.leadsTo as URL).href, CALLBACKS[way])
    return { ...begun, back, page: await editor.browser.open(back.href) }
  }
  const signIn = async (way: Way) => {
    const { page, verifier, state } = await visit(way)
    if (page.leadsTo === null) throw new Error(`not signed in:\n${page.body}`)
    const { access_token: token } = await editor.redeem(page.leadsTo, verifier, state)
    const me = await replicas.at(1).request({ url: '/api/me', headers: { authorization: `Bearer ${token}` } })
    return me.json()
  }

  for (const [way, id] of [
    ['oidc', 1],
    ['github', 2],
  ] as const) {
    it(`${way}: an address that is known already links to that user, and stays linked when it changes there`, async () => {
      const known = await replicas.at(0).services.users.getByEmail('known@example.com')
      comesAs(way, id, 'Known@Example.com')
      expect(await signIn(way)).toMatchObject({ id: known.id, email: 'known@example.com', role: 'member' })
      comesAs(way, id, 'renamed@example.com')
      expect(await signIn(way)).toMatchObject({ id: known.id })
    })

    it(`${way}: an address that is not verified there signs nobody in`, async () => {
      comesAs(way, id + 10, 'second@example.com', false)
      const { page } = await visit(way)
      expect(page).toMatchObject({ status: 403, leadsTo: null })
      expect(page.body).toContain('verified address')
    })

    it(`${way}: an unknown address is refused where users are invited, and an admin's becomes one`, async () => {
      comesAs(way, id + 20, 'stranger@example.com')
      const { page } = await visit(way)
      expect(page).toMatchObject({ status: 403, leadsTo: null })
      expect(page.body).toContain('User not found.')
      comesAs(way, id + 30, 'boss@example.com')
      expect(await signIn(way)).toMatchObject({ email: 'boss@example.com', role: 'admin' })
    })

    it(`${way}: what came back counts once, in the browser and the sign-in it began in`, async () => {
      comesAs(way, id, 'known@example.com')
      const { back, page } = await visit(way)
      expect(page.leadsTo).not.toBeNull()
      // Again in the same browser, and in another: the sign-in is over, or was never there.
      expect((await editor.browser.open(back.href)).leadsTo).toBeNull()
      expect((await createTestBrowser(replicas.apps, ORIGIN).open(back.href)).status).toBe(400)

      // An attacker's answer, brought into the sign-in of a victim.
      const attacker = createTestBrowser(replicas.apps, ORIGIN)
      const begun = await editor.begin()
      const own = await attacker.open(
        `/oauth/authorize?${new URLSearchParams({
          client_id: 'editor',
          response_type: 'code',
          redirect_uri: 'vscode://publisher.extension/signed-in',
          code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
          code_challenge_method: 'S256',
        })}`,
      )
      const sent = await attacker.submit(own, `/with/${way}`)
      const stolen = await browse((sent.leadsTo as URL).href, CALLBACKS[way])
      const victims = await editor.browser.submit(begun.page, `/with/${way}`)
      const theirState = new URL((victims.leadsTo as URL).href).searchParams.get('state') as string
      stolen.searchParams.set('state', theirState)
      const injected = await editor.browser.open(stolen.href)
      expect(injected).toMatchObject({ status: 403, leadsTo: null })
    })
  }

  it('what one sign-in keeps of its visit is nothing to another', async () => {
    comesAs('oidc', 1, 'known@example.com')
    const first = await editor.begin()
    const sent = await editor.browser.submit(first.page, '/with/oidc')
    const back = await browse((sent.leadsTo as URL).href, CALLBACKS.oidc)
    const second = await editor.begin()
    // By hand, as no browser would: the cookie of the first at the path of the second.
    const cookie = editor.browser.cookies
      .filter(
        ({ name, path }) =>
          path === second.page.url || (name.endsWith('_outside') && path === first.page.url),
      )
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
    expect(cookie).toMatch(/_outside=/)
    const answer = await replicas.at(0).request({
      url: `${second.page.url}/callback/oidc${back.search}`,
      headers: { cookie, accept: 'text/html' },
    })
    expect([answer.statusCode, answer.headers.location]).toEqual([403, undefined])
  })

  it('a refusal there leads back to the ways, and is told to the log', async () => {
    oidc.denies = true
    const { page } = await visit('oidc')
    oidc.denies = false
    expect(page.body).toContain('Email address')
    const refusals = await replicas
      .at(0)
      .database.kysely.selectFrom('audit_events')
      .select('details')
      .where('action', '=', 'sign_in_refused')
      .execute()
    expect(refusals.map(({ details }) => details)).toContainEqual({ method: 'oidc', reason: 'denied' })
  })

  it('nothing of the provider stays behind: no code, token or secret in a row or a log line', async () => {
    comesAs('oidc', 1, 'known@example.com')
    await signIn('oidc')
    const { kysely } = replicas.at(0).database
    const rows = JSON.stringify([
      await kysely.selectFrom('audit_events').selectAll().execute(),
      await kysely.selectFrom('identities').selectAll().execute(),
      await kysely.selectFrom('oauth_records').selectAll().execute(),
      await kysely.selectFrom('sessions').selectAll().execute(),
    ])
    const lines = replicas.apps.flatMap(({ logLines }) => logLines).join('\n')
    for (const secret of [...oidc.secrets, ...github.secrets, OUTSIDE_CLIENT_SECRET])
      expect(rows + lines).not.toContain(secret)
  })
})

it('with SIGN_IN=trusted an address alone signs an editor in, and makes nobody an admin', async () => {
  const replicas = await startReplicas('embedded', 1, { SIGN_IN: 'trusted', PUBLIC_URL: ORIGIN })
  const { users } = replicas.at(0).services
  const { id } = await users.add('user@example.com')
  await users.update(id, { role: 'admin' })
  const editor = await startEditor(replicas)
  const { page, verifier, state } = await editor.begin()
  const { leadsTo } = await editor.browser.submit(page, '/email', { email: 'user@example.com' })
  const { access_token: token } = await editor.redeem(leadsTo as URL, verifier, state)
  const headers = { authorization: `Bearer ${token}` }
  expect((await replicas.at(0).request({ url: '/api/me', headers })).statusCode).toBe(200)
  expect((await replicas.at(0).request({ url: '/api/admin/users', headers })).json().code).toBe(
    'admin_required',
  )
  const unknown = await editor.browser.submit((await editor.begin()).page, '/email', {
    email: 'nobody@example.com',
  })
  expect(unknown.body).toContain('User not found.')
  await replicas.close()
})
