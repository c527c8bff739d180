import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Principal } from '../src/sessions/session.ts'
import { ageSession, ask } from './support/account-requests.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { getMe } from './support/requests.ts'
import type { TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const DAY_MS = 86_400_000

describeOnBothEngines('renewing a session', (engine) => {
  let replicas: Replicas
  let server: TestApp
  beforeAll(async () => {
    replicas = await startReplicas(engine, 2)
    server = replicas.at(0)
  })
  afterAll(() => replicas.close())

  const renew = (token: string, replica = server) => ask(replica, token, 'POST', '/api/session/renew')

  async function signIn(): Promise<{ token: string } & Principal> {
    const token = await server.signUp()
    return { token, ...(await server.services.sessions.verify(token)) }
  }
  const kept = async ({ userId, sessionId }: Principal) => {
    const sessions = await server.services.sessions.list(userId)
    return sessions.find(({ id }) => id === sessionId)
  }

  it('before half of its life gives a token of the same session that ends with it', async () => {
    const session = await signIn()
    const before = await kept(session)
    const answer = (await renew(session.token)).json()
    expect(answer).toMatchObject({ renewed: false, expiresAt: before?.expiresAt.toISOString() })
    const { exp, sid, apiKey } = decodeJwt(answer.sessionToken)
    expect([exp, sid]).toEqual([(before?.expiresAt.getTime() ?? 0) / 1000, session.sessionId])
    expect(apiKey).toBe(server.services.sessions.apiKeyOf(session))
    expect((await getMe(server, answer.sessionToken)).json().apiKey).toBe(apiKey)
  })

  it('from half of its life on gives thirty days more; the token from before stays good', async () => {
    const session = await signIn()
    await ageSession(server.database, session.sessionId, 16)
    const answer = (await renew(session.token)).json()
    expect(answer.renewed).toBe(true)
    const expiresAt = Date.parse(answer.expiresAt)
    expect(Math.abs(expiresAt - Date.now() - 30 * DAY_MS)).toBeLessThan(60_000)
    expect(decodeJwt(answer.sessionToken).exp).toBe(expiresAt / 1000)
    expect((await kept(session))?.expiresAt.getTime()).toBe(expiresAt)
    for (const token of [session.token, answer.sessionToken])
      expect((await server.track(token, {})).statusCode).toBe(200)
    expect((await renew(answer.sessionToken)).json()).toMatchObject({
      renewed: false,
      expiresAt: answer.expiresAt,
    })
  })

  it('by two windows at once, on two replicas, succeeds for both and signs neither out', async () => {
    const session = await signIn()
    await ageSession(server.database, session.sessionId, 20)
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => renew(session.token, replicas.at(index))),
    )
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(8).fill(200))
    const bodies = answers.map((answer) => answer.json())
    expect(new Set(bodies.map(({ expiresAt }) => expiresAt)).size).toBe(1)
    expect(bodies.filter(({ renewed }) => renewed)).toHaveLength(1)
    for (const { sessionToken } of bodies)
      expect((await getMe(replicas.at(1), sessionToken)).statusCode).toBe(200)
    expect((await getMe(server, session.token)).statusCode).toBe(200)
  })

  it('never goes beyond a year after the sign-in', async () => {
    const session = await signIn()
    await ageSession(server.database, session.sessionId, 20)
    const { sessionToken } = (await renew(session.token)).json()
    await ageSession(server.database, session.sessionId, 325)
    // The row was moved back with its end: give it ten days again, as the last renewal but one would have.
    await server.database.kysely
      .updateTable('sessions')
      .set({ expires_at: new Date(Math.floor(Date.now() / 1000) * 1000 + 10 * DAY_MS) })
      .where('id', '=', session.sessionId)
      .execute()
    const last = (await renew(sessionToken)).json()
    expect(last.renewed).toBe(true)
    const { createdAt } = (await kept(session)) ?? {}
    expect(Date.parse(last.expiresAt) - (createdAt?.getTime() ?? 0)).toBe(365 * DAY_MS)
    await server.database.kysely
      .updateTable('sessions')
      .set({ created_at: new Date(Date.now() - 365 * DAY_MS + 5 * DAY_MS) as never })
      .where('id', '=', session.sessionId)
      .execute()
    expect((await renew(sessionToken)).json()).toMatchObject({ renewed: false, expiresAt: last.expiresAt })
  })

  it('is refused once the session is revoked or has expired', async () => {
    const [revoked, expired] = [await signIn(), await signIn()]
    await server.services.sessions.revoke(revoked.userId, revoked.sessionId)
    await ageSession(server.database, expired.sessionId, 31)
    for (const { token } of [revoked, expired]) {
      const answer = await renew(token)
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'token_invalid'])
    }
  })
})
