import { afterAll, beforeAll, expect, it } from 'vitest'
import { ageSession, makeKey } from './support/account-requests.ts'
import { askAsPage, browserSession, COOKIE, startSession } from './support/dashboard-browser.ts'
import { EMAIL_SETTINGS } from './support/editor.ts'
import { bearer } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'

let server: TestApp
beforeAll(async () => {
  server = await startTestApp('embedded', { environment: EMAIL_SETTINGS })
})
afterAll(() => server.close())

let people = 0
const newSession = () => startSession(server, `browser-${++people}@example.com`)
const endOf = async ({ userId, sessionId }: { userId: string; sessionId: string }) =>
  (await server.services.sessions.list(userId)).find(({ id }) => id === sessionId)?.expiresAt.getTime() ?? 0
const auditOf = async (userId: string) =>
  (await server.services.audit.list({ userId })).events.map(({ action }) => action)

const NOBODY = { user: null, operator: false, admin: false }

it('is told to everybody: who it is, or that it is nobody', async () => {
  const nobody = await server.request({ url: '/api/browser-session' })
  expect(nobody.statusCode).toBe(200)
  expect(nobody.json()).toMatchObject({ appName: 'Promptmeter', ...NOBODY, canInvite: true })
  expect(nobody.headers).not.toHaveProperty('set-cookie')
  const { credential, userId, email } = await newSession()
  expect(await browserSession(server, credential)).toMatchObject({
    user: { id: userId, email, role: 'member' },
    operator: false,
    admin: false,
  })
})

it('calls an admin one only where the sign-in proved the address', async () => {
  const proven = await newSession()
  await server.services.users.update(proven.userId, { role: 'admin' })
  const trusted = await startSession(server, proven.email, 'trusted')
  expect(await browserSession(server, proven.credential)).toMatchObject({ admin: true })
  expect(await browserSession(server, trusted.credential)).toMatchObject({
    user: { role: 'admin' },
    admin: false,
  })
})

it('is by the cookie alone: a bearer makes nobody signed in', async () => {
  const { credential } = await newSession()
  const answer = await server.request({ url: '/api/browser-session', headers: bearer(credential) })
  expect(answer.json()).toMatchObject(NOBODY)
})

it('takes a cookie away that stands for nobody any more', async () => {
  const { sessions, users, removal } = server.services
  const [revoked, disabled, erased, live] = [
    await newSession(),
    await newSession(),
    await newSession(),
    await newSession(),
  ]
  await sessions.revoke(revoked.userId, revoked.sessionId)
  await users.update(disabled.userId, { disabled: true })
  await removal.remove(erased.userId)
  const { apiKey } = await makeKey(server, live.credential)
  const values = [
    revoked.credential,
    disabled.credential,
    erased.credential,
    apiKey,
    'test-admin-key',
    '',
    `${live.credential}; ${COOKIE}=${live.credential}`,
  ]
  for (const value of values) {
    const answer = await askAsPage(server, value, 'GET', '/api/browser-session')
    expect([answer.statusCode, answer.json()]).toEqual([200, expect.objectContaining(NOBODY)])
    expect(answer.headers['set-cookie']).toMatch(
      /^__Host-promptmeter_dashboard=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
  }
})

it('is renewed from half of its life on, by being asked for, and never hands out a token', async () => {
  const session = await newSession()
  await browserSession(server, session.credential)
  expect(await auditOf(session.userId)).not.toContain('session_renewed')
  await ageSession(server.database, session.sessionId, 16)
  const before = await endOf(session)
  const answer = await askAsPage(server, session.credential, 'GET', '/api/browser-session')
  expect(await endOf(session)).toBeGreaterThan(before)
  expect(await auditOf(session.userId)).toContain('session_renewed')
  expect(answer.body).not.toMatch(/pm_|eyJ/)
  expect(answer.headers).not.toHaveProperty('set-cookie')
})

it('ends by signing out: the session with it, and again is harmless', async () => {
  const session = await newSession()
  const signOut = () => askAsPage(server, session.credential, 'DELETE', '/api/browser-session')
  for (const answer of [await signOut(), await signOut()]) {
    expect([answer.statusCode, answer.body]).toEqual([204, ''])
    expect(answer.headers['set-cookie']).toContain('Max-Age=0')
  }
  expect((await server.request({ url: '/api/me', headers: bearer(session.credential) })).statusCode).toBe(403)
  const revoked = (await auditOf(session.userId)).filter((action) => action === 'session_revoked')
  expect(revoked).toHaveLength(1)
  const signedOut = await server.request({ method: 'DELETE', url: '/api/browser-session' })
  expect([signedOut.statusCode, signedOut.headers['set-cookie']]).toEqual([204, undefined])
})

it('that holds a named key ends without ending the key', async () => {
  const { credential, userId } = await newSession()
  const { apiKey } = await makeKey(server, credential)
  await askAsPage(server, apiKey, 'DELETE', '/api/browser-session')
  expect((await server.request({ url: '/api/me', headers: bearer(apiKey) })).json().id).toBe(userId)
})

it('is marked as the calling one among the sessions of its user', async () => {
  const { credential, sessionId } = await newSession()
  const { sessions } = (await askAsPage(server, credential, 'GET', '/api/me/sessions')).json()
  expect(sessions).toMatchObject([{ id: sessionId, current: true }])
})
