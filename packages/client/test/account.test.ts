import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../../server/test/support/test-gateway.ts'
import { createClient, SignInRequiredError } from '../src/index.ts'
import { caught } from './support/caught.ts'

describe('the account of a user, on a server that trusts', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway('postgres', { environment: { REGISTRATION: 'open' } })
  })
  afterAll(() => gateway.close())

  const clientWith = (token: string | null) => createClient({ serverUrl: gateway.url, token, maxRetries: 0 })
  const signIn = async (email: string) => {
    const result = await clientWith(null).signUp(email)
    if (!('sessionToken' in result)) throw new Error('no session')
    return clientWith(result.sessionToken)
  }

  it('begins with a session token at once', async () => {
    const client = await signIn('ada@example.com')
    expect(await client.me()).toMatchObject({ email: 'ada@example.com', promptCount: 0 })
  })

  it('is not begun where the server knows no such user, and the error says so', async () => {
    const invited = await startTestGateway('postgres')
    try {
      const client = createClient({ serverUrl: invited.url })
      const error = await caught(client.signUp('nobody@example.com'))
      expect(error).toMatchObject({ code: 'user_not_found', status: 404, requestId: expect.any(String) })
    } finally {
      await invited.close()
    }
  })

  it('counts what is tracked, under the source of the client, and shows it in the history by source', async () => {
    const { transport } = await signIn('history@example.com')
    const token = await transport.token()
    const client = createClient({ serverUrl: gateway.url, token, source: 'my-extension/1.2.0' })
    expect(await client.trackUsage({ usage: 2, tokenCount: 30 })).toMatchObject({ currentPromptCount: 2 })
    await client.trackUsage({ usage: 1, source: 'other' })
    const [first, second] = await client.trackUsageBatch([
      { idempotencyKey: 'a', usage: 4 },
      { idempotencyKey: 'a', usage: 4 },
    ])
    expect([first, second]).toMatchObject([{ replayed: false }, { replayed: true, currentPromptCount: 7 }])
    const usage = await client.usage({ interval: 'month', groupBy: 'source' })
    expect(usage).toMatchObject({ interval: 'month', promptCount: 7, tokenCount: 30 })
    expect(usage.buckets.flatMap(({ groups = [] }) => groups)).toMatchObject([
      { name: 'my-extension/1.2.0', promptCount: 6 },
      { name: 'other', promptCount: 1 },
    ])
    expect(await client.usage()).toMatchObject({ interval: 'day', promptCount: 7 })
  })

  it('counts an event once under a key of the caller, whatever characters are in it', async () => {
    const client = await signIn('keys-of-callers@example.com')
    for (const idempotencyKey of ['plain', 'with"quotes"', 'and\\more']) {
      await client.trackUsage({ usage: 1 }, { idempotencyKey })
      await client.trackUsage({ usage: 1 }, { idempotencyKey })
    }
    expect(await client.me()).toMatchObject({ promptCount: 3 })
  })

  it('names the models that the user may call', async () => {
    const client = clientWith(await gateway.signUp())
    expect((await client.models()).map(({ id }) => id)).toContain('gpt-5-mini')
  })

  it('lists sessions, ends one, and ends all the others', async () => {
    const [here, there, elsewhere] = [
      await signIn('s@example.com'),
      await signIn('s@example.com'),
      await signIn('s@example.com'),
    ]
    const sessions = await here.sessions.list()
    expect(sessions.map(({ current }) => current).filter(Boolean)).toHaveLength(1)
    const own = (await there.sessions.list()).find(({ current }) => current)
    await here.sessions.revoke(own?.id as string)
    expect(await caught(there.me())).toBeInstanceOf(SignInRequiredError)
    expect(await here.sessions.revokeOthers()).toBe(1)
    expect(await caught(elsewhere.me())).toMatchObject({ code: 'token_invalid', status: 403 })
    expect(await here.me()).toMatchObject({ email: 's@example.com' })
  })

  it('an id of a session that holds a path ends nothing else', async () => {
    const client = await signIn('path@example.com')
    const error = await caught(client.sessions.revoke('../sessions?keepCurrent=false'))
    expect(error.code).toMatch(/not_found|invalid_request/)
    expect(await client.me()).toMatchObject({ email: 'path@example.com' })
  })

  it('makes keys that count, shows them once, and ends them', async () => {
    const client = await signIn('named-keys@example.com')
    const created = await client.keys.create({ name: 'Build server', expiresInDays: 90 })
    const build = clientWith(created.apiKey)
    await build.trackUsage({ usage: 1 })
    const [listed] = await client.keys.list()
    expect(listed).toMatchObject({ id: created.id, name: 'Build server' })
    expect(JSON.stringify(listed)).not.toContain(created.apiKey)
    expect(await caught(build.sessions.list())).toMatchObject({ code: 'session_required' })
    await client.keys.revoke(created.id)
    expect(await caught(build.me())).toBeInstanceOf(SignInRequiredError)
  })

  it('renews to a token of the same session', async () => {
    const client = await signIn('renew@example.com')
    const { sessionToken, renewed } = await client.renew()
    expect(renewed).toBe(false)
    const [session] = await clientWith(sessionToken).sessions.list()
    expect(session).toMatchObject({ current: true })
  })

  it('is signed out, and signing out again is no error', async () => {
    const client = await signIn('out@example.com')
    await client.signOut()
    expect(await caught(client.me())).toBeInstanceOf(SignInRequiredError)
    await client.signOut()
    await clientWith(null).signOut()
  })

  it('asks for a sign-in where there is no token', async () => {
    expect(await caught(clientWith(null).me())).toMatchObject({
      name: 'SignInRequiredError',
      code: 'token_missing',
      status: 401,
    })
  })
})
