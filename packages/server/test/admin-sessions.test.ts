import { afterAll, beforeAll, expect, it } from 'vitest'
import { addUser, admin } from './support/admin-requests.ts'
import { bearer, getMe } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('the sessions of a user', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const sessionsOf = async (id: string) => (await admin(server, 'GET', `/${id}/sessions`)).json().sessions

  it('are listed newest first, with nothing in them that signs in', async () => {
    const { user, token } = await addUser(server)
    await server.signUp(user.email)
    const sessions = await sessionsOf(user.id)
    expect(sessions).toHaveLength(2)
    expect(sessions[0]).toEqual({
      id: expect.any(String),
      kind: 'sign-in',
      clientName: 'a test',
      method: 'email',
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
      lastUsedAt: null,
      revokedAt: null,
    })
    expect(sessions[0].id > sessions[1].id).toBe(true)
    const { apiKey } = (await server.request({ url: '/api/me', headers: bearer(token) })).json()
    expect(JSON.stringify(sessions)).not.toContain(token)
    expect(JSON.stringify(sessions)).not.toContain(apiKey)
  })

  it('end one by one: the next request is refused, the other session goes on', async () => {
    const { user, token } = await addUser(server)
    const [{ id }] = await sessionsOf(user.id)
    const other = await server.signUp(user.email)
    expect((await admin(server, 'DELETE', `/${user.id}/sessions/${id}`)).json()).toEqual({ revoked: 1 })
    for (const answer of [await getMe(server, token), await server.track(token, { usage: 1 })])
      expect(answer.json()).toMatchObject({ code: 'token_invalid' })
    expect((await getMe(server, other)).statusCode).toBe(200)
    expect((await admin(server, 'DELETE', `/${user.id}/sessions/${id}`)).json()).toEqual({ revoked: 0 })
    const revoked = (await sessionsOf(user.id)).filter(
      ({ revokedAt }: { revokedAt: string | null }) => revokedAt !== null,
    )
    expect(revoked.map((session: { id: string }) => session.id)).toEqual([id])
  })

  it('end all at once, those of nobody else', async () => {
    const { user, token } = await addUser(server)
    const second = await server.signUp(user.email)
    const stranger = await addUser(server)
    expect((await admin(server, 'DELETE', `/${user.id}/sessions`)).json()).toEqual({ revoked: 2 })
    for (const ended of [token, second]) expect((await getMe(server, ended)).statusCode).toBe(403)
    expect((await getMe(server, stranger.token)).statusCode).toBe(200)
    expect((await admin(server, 'DELETE', `/${user.id}/sessions`)).json()).toEqual({ revoked: 0 })
  })

  it('are not found under another user, nor by what is no id', async () => {
    const { user } = await addUser(server)
    const stranger = await addUser(server)
    const [{ id }] = await sessionsOf(stranger.user.id)
    for (const sessionId of [id, 'nonsense', '%00']) {
      const answer = await admin(server, 'DELETE', `/${user.id}/sessions/${sessionId}`)
      expect(answer.statusCode).toBe(404)
      expect(answer.json()).toMatchObject({ code: 'session_not_found' })
    }
    expect((await getMe(server, stranger.token)).statusCode).toBe(200)
  })

  it('leave the history as the user sees it: the operator reads the same', async () => {
    const { user, token } = await addUser(server)
    await server.track(token, { usage: 2, tokenCount: 30, model: 'm' })
    const query = 'interval=hour&groupBy=model&from=2026-01-01T00:00:00Z&to=2026-01-03T00:00:00Z'
    for (const search of ['', `?${query}`, '?groupBy=source']) {
      const mine = await server.request({ url: `/api/me/usage${search}`, headers: bearer(token) })
      const theirs = await admin(server, 'GET', `/${user.id}/usage${search}`)
      expect(theirs.statusCode).toBe(200)
      expect(theirs.json()).toEqual(mine.json())
    }
    expect((await admin(server, 'GET', `/${user.id}/usage?interval=week`)).statusCode).toBe(400)
  })
})
