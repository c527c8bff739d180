import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTokenFunctions } from '../src/index.ts'
import { createApiKeys } from '../src/sessions/api-key.ts'
import { countsOf, getMe } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { createTestDatabase, describeOnBothEngines } from './support/test-database.ts'

const NEW_SECRET = 'the-secret-after-the-rotation-of-it'

describeOnBothEngines('a credential', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const secret = () => server.environment.JWT_SECRET as string
  const sign = (claims: Record<string, unknown>) =>
    new SignJWT({ email: 'user@example.com', apiKey: 'none', ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('promptmeter')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(secret()))

  async function user() {
    const token = await server.signUp()
    const { id, apiKey } = (await getMe(server, token)).json()
    const [session] = await server.services.sessions.list(id)
    return { token, id, apiKey, sessionId: session?.id as string }
  }

  async function expectRefused(credential: string) {
    for (const answer of [await server.track(credential, { usage: 1 }), await getMe(server, credential)]) {
      expect(answer.statusCode).toBe(403)
      expect(answer.json()).toEqual({ error: 'Invalid or expired token.', code: 'token_invalid' })
    }
  }

  it('that is genuine but of no session is refused', async () => {
    const { id } = await user()
    await expectRefused(await sign({ userId: id }))
    await expectRefused(await sign({ userId: id, sid: randomUUID() }))
    await expectRefused(await sign({ userId: id, sid: 'no id' }))
    await expectRefused(await sign({ userId: id, sid: '' }))
  })

  it("that names another user's session is refused, and touches neither user", async () => {
    const [one, other] = [await user(), await user()]
    await expectRefused(await sign({ userId: one.id, sid: other.sessionId }))
    const keys = createApiKeys([secret() as string])
    await expectRefused(keys.format({ userId: one.id, sessionId: other.sessionId }))
    expect(await countsOf(server, one.token)).toEqual({ prompts: 0, tokens: 0 })
    expect(await countsOf(server, other.token)).toEqual({ prompts: 0, tokens: 0 })
  })

  it('made by generateToken from the API key of a session stands for that session', async () => {
    const { id, apiKey } = await user()
    const { generateToken, verifyToken } = createTokenFunctions(secret())
    const token = await generateToken({ userId: id, email: 'user@example.com', apiKey })
    expect(await verifyToken(token)).toEqual({ userId: id, email: 'user@example.com', apiKey })
    expect((await server.track(token, { usage: 1 })).statusCode).toBe(200)
    await server.services.sessions.revokeAll(id)
    await expectRefused(token)
  })

  it("made by generateToken from another user's API key stands for no session", async () => {
    const [one, other] = [await user(), await user()]
    const { generateToken } = createTokenFunctions(secret())
    await expectRefused(await generateToken({ userId: one.id, email: 'x@example.com', apiKey: other.apiKey }))
  })

  it.each([
    ['an API key that somebody made up', `pm_${'A'.repeat(64)}`],
    ['the beginning of an API key', 'pm_'],
    ['a word', 'token'],
    ['dots', '...'],
    ['a token of 4097 characters', `${'a'.repeat(1365)}.${'a'.repeat(1365)}.${'a'.repeat(1365)}`],
    ['the admin key', 'test-admin-key'],
  ])('that is %s is refused', async (_, credential) => {
    await expectRefused(credential)
  })

  it('that is expired is refused though it was good a moment ago and is remembered', async () => {
    const { id, sessionId } = await user()
    const nowSeconds = Math.floor(Date.now() / 1000)
    const token = await new SignJWT({ userId: id, sid: sessionId, email: 'user@example.com', apiKey: 'none' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('promptmeter')
      .setIssuedAt()
      .setExpirationTime(nowSeconds + 2)
      .sign(new TextEncoder().encode(secret()))
    expect((await server.track(token, {})).statusCode).toBe(200)
    await expect.poll(async () => (await server.track(token, {})).statusCode, { timeout: 20_000 }).toBe(403)
    await expectRefused(token)
  })

  it('is refused as soon as its session ends, whatever other sessions the user has', async () => {
    const { token, id, sessionId } = await user()
    const { sessionToken } = await server.services.sessions.start(await server.services.users.getById(id), {
      method: 'email',
      clientName: null,
    })
    await server.services.sessions.revoke(id, sessionId)
    await expectRefused(token)
    expect((await server.track(sessionToken, {})).statusCode).toBe(200)
  })
})

describeOnBothEngines('a rotation of JWT_SECRET', (engine) => {
  it('keeps sessions and API keys while the old secret is kept, and ends them when it is dropped', async () => {
    const testDatabase = await createTestDatabase(engine)
    const before = await startTestApp(engine, { testDatabase })
    const oldSecret = before.environment.JWT_SECRET as string
    const token = await before.signUp('user@example.com')
    const { apiKey } = (await getMe(before, token)).json()
    await before.close()

    const rotated = await startTestApp(engine, {
      testDatabase,
      environment: { JWT_SECRET: NEW_SECRET, JWT_SECRET_PREVIOUS: ` ${oldSecret} , ` },
    })
    for (const credential of [token, apiKey]) {
      expect((await rotated.track(credential, { usage: 1 })).statusCode).toBe(200)
    }
    const newApiKey = (await getMe(rotated, token)).json().apiKey
    expect(newApiKey).not.toBe(apiKey)
    expect((await getMe(rotated, newApiKey)).json()).toMatchObject({ promptCount: 2 })
    const newToken = await rotated.signUp('user@example.com')
    await rotated.close()

    const dropped = await startTestApp(engine, { testDatabase, environment: { JWT_SECRET: NEW_SECRET } })
    for (const credential of [token, apiKey]) {
      expect((await dropped.track(credential, {})).json()).toMatchObject({ code: 'token_invalid' })
    }
    for (const credential of [newToken, newApiKey]) {
      expect((await dropped.track(credential, {})).statusCode).toBe(200)
    }
    await dropped.close()
    await testDatabase.remove()
  })
})
