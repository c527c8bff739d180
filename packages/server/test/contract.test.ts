import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createTokenFunctions } from '../src/index.ts'
import { bearer, countsOf, getMe } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const BROKEN_BODY = '{"usage":'

describeOnBothEngines('the contract of POST /trackUsage', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const foreignToken = () =>
    createTokenFunctions('another-secret-another-secret-another').generateToken({
      userId: randomUUID(),
      email: 'user@example.com',
      apiKey: 'pm_none',
    })

  it('answers both counts after this call as numbers', async () => {
    const token = await server.signUp()
    await server.track(token, { usage: 11, tokenCount: 3000 })
    const answer = await server.track(token, { usage: 1, tokenCount: 456 })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({
      message: 'Usage tracked successfully',
      currentPromptCount: 12,
      currentTokenCount: 3456,
      threshold: 10,
      remaining: 0,
      exceeded: true,
    })
  })

  it('counts 0 for what is left out', async () => {
    const token = await server.signUp()
    expect((await server.track(token, {})).json()).toMatchObject({
      currentPromptCount: 0,
      currentTokenCount: 0,
      remaining: 10,
      exceeded: false,
    })
    expect((await server.track(token, { tokenCount: 5 })).json()).toMatchObject({
      currentPromptCount: 0,
      currentTokenCount: 5,
    })
  })

  it('is exceeded only past the threshold, and never refuses for it', async () => {
    const token = await server.signUp()
    expect((await server.track(token, { usage: 10 })).json()).toMatchObject({ remaining: 0, exceeded: false })
    const answer = await server.track(token, { usage: 1 })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({ remaining: 0, exceeded: true })
  })

  it("answers the operator's own threshold for this user, and 9007199254740991 for none", async () => {
    const token = await server.signUp()
    const { id } = (await getMe(server, token)).json()
    await server.services.users.update(id, { threshold: 3 })
    expect((await server.track(token, { usage: 1 })).json()).toMatchObject({ threshold: 3, remaining: 2 })
    await server.services.users.update(id, { threshold: Number.MAX_SAFE_INTEGER })
    expect((await server.track(token, { usage: 1 })).json()).toMatchObject({ threshold: 9007199254740991 })
  })

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['no credential', 'Bearer'],
    ['a blank credential', 'Bearer   '],
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['two credentials', 'Bearer one two'],
    ['a credential without a scheme', 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln'],
  ])('with %s for an Authorization header says that the token is missing', async (_, authorization) => {
    const answer = await server.request({
      method: 'POST',
      url: '/trackUsage',
      headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
      payload: BROKEN_BODY,
    })
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(answer.json()).toMatchObject({ error: expect.any(String), code: 'token_missing' })
  })

  it('takes the scheme in any case', async () => {
    const token = await server.signUp()
    const answer = await server.track(token, {}, { authorization: `bEARER ${token}` })
    expect(answer.statusCode).toBe(200)
  })

  it('refuses a bad signature before it looks at the body', async () => {
    const answer = await server.track(await foreignToken(), BROKEN_BODY)
    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toEqual({ error: 'Invalid or expired token.', code: 'token_invalid' })
  })

  it('refuses a bad signature before it tells whether there is such a user', async () => {
    const answer = await server.track(await foreignToken(), {})
    expect(answer.json()).toMatchObject({ code: 'token_invalid' })
  })

  it('does not know a genuine token whose user is gone, whatever else is wrong with its session', async () => {
    const token = await server.signUp()
    const { id } = (await getMe(server, token)).json()
    await server.services.sessions.revokeAll(id)
    await server.services.users.update(id, { disabled: true })
    await sql`delete from users where id = ${id}`.execute(server.database.kysely)
    for (const answer of [await server.track(token, {}), await getMe(server, token)]) {
      expect(answer.statusCode).toBe(404)
      expect(answer.json()).toEqual({ error: 'User not found.', code: 'user_not_found' })
    }
  })

  it.each([
    ['an id that nobody has', randomUUID()],
    ['what is no id of ours', '42'],
  ])('does not know a genuine token for %s', async (_, userId) => {
    const { generateToken } = createTokenFunctions(server.environment.JWT_SECRET as string)
    const token = await generateToken({ userId, email: 'user@example.com', apiKey: 'none' })
    for (const answer of [await server.track(token, {}), await getMe(server, token)]) {
      expect(answer.statusCode).toBe(404)
      expect(answer.json()).toEqual({ error: 'User not found.', code: 'user_not_found' })
    }
  })

  it('refuses a revoked session', async () => {
    const token = await server.signUp()
    const { id } = (await getMe(server, token)).json()
    await server.services.sessions.revokeAll(id)
    for (const answer of [await server.track(token, {}), await getMe(server, token)]) {
      expect(answer.statusCode).toBe(403)
      expect(answer.json()).toEqual({ error: 'Invalid or expired token.', code: 'token_invalid' })
    }
  })

  it('refuses a disabled user, and serves them again once enabled', async () => {
    const token = await server.signUp()
    const { id } = (await getMe(server, token)).json()
    await server.services.users.update(id, { disabled: true })
    for (const answer of [await server.track(token, { usage: 1 }), await getMe(server, token)]) {
      expect(answer.statusCode).toBe(403)
      expect(answer.json()).toEqual({ error: 'This user is disabled.', code: 'user_disabled' })
    }
    await server.services.users.update(id, { disabled: false })
    expect((await server.track(token, { usage: 1 })).json()).toMatchObject({ currentPromptCount: 1 })
  })

  it('says nothing about an unexpected failure', async () => {
    const token = await server.signUp()
    const failure = vi.spyOn(server.services.usage, 'track').mockRejectedValue(new Error('a secret detail'))
    const answer = await server.track(token, { usage: 1 })
    failure.mockRestore()
    expect(answer.statusCode).toBe(500)
    expect(answer.json()).toEqual({ error: 'Failed to track usage.', code: 'internal_error' })
    expect(await countsOf(server, token)).toEqual({ prompts: 0, tokens: 0 })
  })

  it('takes the API key of a session wherever it takes its token', async () => {
    const token = await server.signUp()
    const { apiKey } = (await getMe(server, token)).json()
    expect(apiKey).toMatch(/^pm_[\w-]{64}$/)
    expect((await server.track(apiKey, { usage: 2 })).json()).toMatchObject({ currentPromptCount: 2 })
    expect((await getMe(server, apiKey)).json()).toMatchObject({ apiKey, promptCount: 2 })
    const history = await server.request({ url: '/api/me/usage', headers: bearer(apiKey) })
    expect(history.json()).toMatchObject({ promptCount: 2 })
  })

  it('lets an API key die with its session', async () => {
    const token = await server.signUp()
    const { id, apiKey } = (await getMe(server, token)).json()
    await server.services.sessions.revokeAll(id)
    for (const answer of [await server.track(apiKey, {}), await getMe(server, apiKey)]) {
      expect(answer.statusCode).toBe(403)
      expect(answer.json()).toMatchObject({ code: 'token_invalid' })
    }
  })

  it('ends a session when its row says so, however long its token is valid', async () => {
    const token = await server.signUp()
    await server.track(token, { usage: 1 })
    const { id } = (await getMe(server, token)).json()
    await sql`update sessions set expires_at = now() where user_id = ${id}`.execute(server.database.kysely)
    for (const answer of [await server.track(token, {}), await getMe(server, token)]) {
      expect(answer.statusCode).toBe(403)
      expect(answer.json()).toMatchObject({ code: 'token_invalid' })
    }
  })
})
