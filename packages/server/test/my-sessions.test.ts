import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, makeKey } from './support/account-requests.ts'
import { getMe } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines("a user's own sessions", (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const sessionsOf = async (token: string) =>
    (await ask(server, token, 'GET', '/api/me/sessions')).json().sessions

  it('are listed newest first, the calling one marked, keys and those of others left out', async () => {
    const token = await server.signUp('own@example.com')
    const other = await server.signUp('own@example.com')
    await server.signUp('stranger@example.com')
    const { id: keyId, apiKey } = await makeKey(server, token)
    const sessions = await sessionsOf(token)
    expect(sessions.map(({ current }: { current: boolean }) => current)).toEqual([false, true])
    expect(sessions[1]).toEqual({
      id: expect.any(String),
      clientName: 'a test',
      method: 'email',
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
      lastUsedAt: expect.any(String),
      revokedAt: null,
      current: true,
    })
    const text = JSON.stringify(sessions)
    for (const secret of [token, other, apiKey, keyId]) expect(text).not.toContain(secret)
  })

  it('end one by one: the next request is refused, the others go on; again is no error', async () => {
    const token = await server.signUp('one@example.com')
    const other = await server.signUp('one@example.com')
    const { id } = (await sessionsOf(other)).find(({ current }: { current: boolean }) => current)
    for (const revoked of [1, 0])
      expect((await ask(server, token, 'DELETE', `/api/me/sessions/${id}`)).json()).toEqual({ revoked })
    expect((await getMe(server, other)).json()).toMatchObject({ code: 'token_invalid' })
    expect((await getMe(server, token)).statusCode).toBe(200)
  })

  it('end all at once, with or without the calling one; keys go on', async () => {
    const [token, second, third] = (await Promise.all(
      Array.from({ length: 3 }, () => server.signUp('all@example.com')),
    )) as [string, string, string]
    const { apiKey } = await makeKey(server, token)
    const kept = await ask(server, token, 'DELETE', '/api/me/sessions?keepCurrent=true')
    expect(kept.json()).toEqual({ revoked: 2 })
    for (const ended of [second, third]) expect((await getMe(server, ended)).statusCode).toBe(403)
    expect((await getMe(server, token)).statusCode).toBe(200)
    expect((await ask(server, token, 'DELETE', '/api/me/sessions')).json()).toEqual({ revoked: 1 })
    expect((await getMe(server, token)).statusCode).toBe(403)
    expect((await getMe(server, apiKey)).statusCode).toBe(200)
  })

  it('are not found by the id of another user’s session, of a key, or of nothing', async () => {
    const token = await server.signUp('finder@example.com')
    const strange = await server.signUp('found@example.com')
    const [{ id }] = await sessionsOf(strange)
    const key = await makeKey(server, token)
    for (const wanted of [id, key.id, 'nonsense', '%00']) {
      const answer = await ask(server, token, 'DELETE', `/api/me/sessions/${wanted}`)
      expect(answer.json()).toMatchObject({ code: 'session_not_found' })
    }
    for (const credential of [strange, key.apiKey])
      expect((await getMe(server, credential)).statusCode).toBe(200)
  })
})
