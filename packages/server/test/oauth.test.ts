import { sql } from 'kysely'
import * as client from 'openid-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Editor, EMAIL_SETTINGS, ORIGIN, printedCode, startEditor } from './support/editor.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('an editor signs in over two replicas', (engine) => {
  let replicas: Replicas
  let editor: Editor
  beforeAll(async () => {
    replicas = await startReplicas(engine, 2, EMAIL_SETTINGS)
    editor = await startEditor(replicas)
  })
  afterAll(() => replicas.close())

  const me = (token: string) =>
    replicas.at(0).request({ url: '/api/me', headers: { authorization: `Bearer ${token}` } })

  it('finds in the metadata where a sign-in may lead back to', async () => {
    const url = '/.well-known/oauth-authorization-server'
    const metadata = (await replicas.at(1).request({ url })).json()
    expect(metadata).toMatchObject({
      issuer: ORIGIN,
      promptmeter_redirect_schemes: expect.arrayContaining(['vscode', 'vscodium', 'cursor']),
      promptmeter_redirect_origins: [],
    })
  })

  it('by code and PKCE: the browser leads back with one code, and its token is a session of 30 days', async () => {
    const { page, verifier, state } = await editor.begin()
    expect(page.body).toContain('VS Code')
    const done = await editor.proveByCode(page, 'code@example.com')
    const leadsTo = done.leadsTo as URL
    expect(leadsTo.href).toMatch(/^vscode:\/\/publisher\.extension\/signed-in\?/)
    expect([...leadsTo.searchParams.keys()].sort()).toEqual(['code', 'iss', 'state', 'windowId'])
    expect(leadsTo.searchParams.get('windowId')).toBe('7')
    const tokens = await editor.redeem(leadsTo, verifier, state)
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 2_592_000 })
    expect(Object.keys(tokens).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type'])
    expect((await me(tokens.access_token)).json()).toMatchObject({
      email: 'code@example.com',
      promptCount: 0,
    })
    expect((await replicas.at(1).track(tokens.access_token, { usage: 1 })).json()).toMatchObject({
      currentPromptCount: 1,
    })
  })

  it('a code is used once: of many at the same moment one at most is served, and then its session ends', async () => {
    const { page, verifier, state } = await editor.begin()
    const leadsTo = (await editor.proveByCode(page, 'once@example.com')).leadsTo as URL
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => editor.redeem(leadsTo, verifier, state)),
    )
    const served = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value.access_token] : [],
    )
    expect(served.length).toBeLessThanOrEqual(1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ error: 'invalid_grant' })
    for (const token of served) expect((await me(token)).json()).toMatchObject({ code: 'token_invalid' })
  })

  it('a code that is used again later ends the session it led to', async () => {
    const { page, verifier, state } = await editor.begin()
    const leadsTo = (await editor.proveByCode(page, 'again@example.com')).leadsTo as URL
    const { access_token: token } = await editor.redeem(leadsTo, verifier, state)
    expect((await me(token)).statusCode).toBe(200)
    await expect(editor.redeem(leadsTo, verifier, state)).rejects.toMatchObject({ error: 'invalid_grant' })
    expect((await me(token)).statusCode).toBe(403)
  })

  it('a code that is used again while its session begins ends that session', async () => {
    const { page, verifier, state } = await editor.begin()
    const leadsTo = (await editor.proveByCode(page, 'meanwhile@example.com')).leadsTo as URL
    const { kysely } = replicas.at(0).database
    // What the second use does, at the very moment: the grant is gone once the session is there.
    await sql`create function end_grant() returns trigger language plpgsql as $$
      begin delete from oauth_records where grant_mac = new.grant_mac; return new; end $$`.execute(kysely)
    await sql`create trigger end_grant after insert on sessions for each row execute function end_grant()`.execute(
      kysely,
    )
    try {
      await expect(editor.redeem(leadsTo, verifier, state)).rejects.toMatchObject({ error: 'invalid_grant' })
    } finally {
      await sql`drop function end_grant cascade`.execute(kysely)
    }
    const { id } = await replicas.at(0).services.users.getByEmail('meanwhile@example.com')
    const sessions = await replicas.at(0).services.sessions.list(id)
    expect(sessions.map(({ revokedAt }) => revokedAt)).toEqual([expect.any(Date)])
  })

  it('by a device code, entered and confirmed in any browser', async () => {
    const device = await client.initiateDeviceAuthorization(editor.configuration, {})
    expect(device).toMatchObject({ interval: 5, verification_uri: `${ORIGIN}/device` })
    await expect(
      client.genericGrantRequest(editor.configuration, 'urn:ietf:params:oauth:grant-type:device_code', {
        device_code: device.device_code,
      }),
    ).rejects.toMatchObject({ error: 'authorization_pending' })
    const entry = await editor.browser.open(device.verification_uri_complete as string)
    expect(entry.body).toContain(device.user_code)
    const confirm = await editor.browser.submit(entry, '/device', { user_code: device.user_code })
    expect(confirm.body).toContain('Is this your device?')
    const page = await editor.browser.submit(confirm, '/device', { confirm: 'yes' })
    const done = await editor.proveByCode(page, 'device@example.com')
    expect(done.body).toContain('Your device is connected')
    const tokens = await client.genericGrantRequest(
      editor.configuration,
      'urn:ietf:params:oauth:grant-type:device_code',
      { device_code: device.device_code },
    )
    expect((await me(tokens.access_token)).json()).toMatchObject({ email: 'device@example.com' })
  })

  it('a revoked token is refused by the very next request, and revoking nonsense is no error', async () => {
    const token = await editor.signIn('revoke@example.com')
    await client.tokenRevocation(editor.configuration, token)
    expect((await me(token)).json()).toMatchObject({ code: 'token_invalid' })
    await client.tokenRevocation(editor.configuration, token)
    await client.tokenRevocation(editor.configuration, 'nonsense')
  })

  it('leaves no signed-in browser behind, so the next sign-in is proven anew', async () => {
    await editor.signIn('anew@example.com')
    const { page } = await editor.begin()
    expect(page.body).toContain('Email address')
    expect(editor.browser.cookies.filter(({ name }) => /session/.test(name))).toEqual([])
  })

  it('nothing in the database lets its reader finish a sign-in', async () => {
    const { page, verifier, state } = await editor.begin()
    const leadsTo = (await editor.proveByCode(page, 'secret@example.com')).leadsTo as URL
    const code = leadsTo.searchParams.get('code') as string
    const device = await client.initiateDeviceAuthorization(editor.configuration, {})
    const rows = JSON.stringify(
      await replicas.at(0).database.kysely.selectFrom('oauth_records').selectAll().execute(),
    )
    const digits = await printedCode(replicas.apps, 'secret@example.com')
    const challenges = JSON.stringify(
      await replicas.at(0).database.kysely.selectFrom('challenges').select(['id', 'code_mac']).execute(),
    )
    for (const secret of [code, device.device_code, device.user_code.replace('-', ''), 'secret@example.com'])
      expect(rows).not.toContain(secret)
    expect(challenges).not.toContain(`"${digits}"`)
    await editor.redeem(leadsTo, verifier, state)
  })
})
