import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTokenFunctions } from '../src/index.ts'
import { bearer, getMe } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('GET /api/me', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  it("answers the flat user with counts, threshold and the calling session's own API key", async () => {
    const token = await server.signUp('me@example.com')
    await server.track(token, { usage: 3, tokenCount: 500 })
    const answer = await getMe(server, token)
    expect(answer.statusCode).toBe(200)
    const { apiKey } = await createTokenFunctions(server.environment.JWT_SECRET as string).verifyToken(token)
    expect(answer.json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: 'me@example.com',
      promptCount: 3,
      tokenCount: 500,
      costMicros: 0,
      plan: 'free',
      overrides: null,
      limits: [
        {
          meter: 'prompts',
          window: 'lifetime',
          amount: 10,
          used: 3,
          held: 0,
          remaining: 7,
          windowStart: null,
          resetsAt: null,
        },
      ],
      threshold: 10,
      remaining: 7,
      role: 'member',
      disabled: false,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      apiKey,
      upgradeUrl: null,
    })
  })

  it('says where the user can get more', async () => {
    const environment = { UPGRADE_URL: 'https://example.com/upgrade' }
    const replica = await startTestApp(engine, { environment })
    const answer = await getMe(replica, await replica.signUp())
    await replica.close()
    expect(answer.json()).toMatchObject({ upgradeUrl: 'https://example.com/upgrade' })
  })

  it('has nothing remaining past the threshold', async () => {
    const token = await server.signUp()
    await server.track(token, { usage: 25 })
    expect((await getMe(server, token)).json()).toMatchObject({
      promptCount: 25,
      threshold: 10,
      remaining: 0,
    })
  })

  it('gives each session its own API key', async () => {
    const [one, other] = [await server.signUp('two@example.com'), await server.signUp('two@example.com')]
    const [first, second] = [(await getMe(server, one)).json(), (await getMe(server, other)).json()]
    expect(first.id).toBe(second.id)
    expect(first.apiKey).not.toBe(second.apiKey)
  })

  it('needs a credential', async () => {
    for (const url of ['/api/me', '/api/me/usage']) {
      const answer = await server.request({ url })
      expect(answer.statusCode).toBe(401)
      expect(answer.headers['www-authenticate']).toBe('Bearer')
      expect((await server.request({ url, headers: bearer('none') })).statusCode).toBe(403)
    }
  })

  it('writes when a session was last used at most once in ten minutes', async () => {
    const token = await server.signUp()
    const { id } = (await getMe(server, token)).json()
    const lastUse = async () => (await server.services.sessions.list(id))[0]?.lastUsedAt
    const first = await lastUse()
    expect(first).toBeInstanceOf(Date)
    await getMe(server, token)
    await server.track(token, {})
    expect(await lastUse()).toEqual(first)
    const age = (minutes: number) =>
      sql`update sessions set last_used_at = last_used_at - make_interval(mins => ${minutes}::int) where user_id = ${id}`.execute(
        server.database.kysely,
      )
    for (const use of [() => getMe(server, token), () => server.track(token, {})]) {
      await age(11)
      const aged = await lastUse()
      await use()
      expect((await lastUse())?.getTime()).toBeGreaterThan(aged?.getTime() ?? 0)
    }
  })
})
