import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { countsOf, getMe, postSignUp } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('POST /signup', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
    await server.services.users.add('user@example.com')
  })
  afterAll(() => server.close())

  it('gives a known address a token that works', async () => {
    const answer = await postSignUp(server, { email: 'user@example.com' })
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    const body = answer.json()
    expect(body).toEqual({ message: 'User signed up successfully', sessionToken: expect.any(String) })
    expect(await countsOf(server, body.sessionToken)).toEqual({ prompts: 0, tokens: 0 })
  })

  it('trims addresses and compares them without regard to case', async () => {
    const tokens = await Promise.all(
      ['  USER@Example.COM\n', 'User@example.com'].map(
        async (email) => (await postSignUp(server, { email })).json().sessionToken,
      ),
    )
    const users = await Promise.all(tokens.map(async (token) => (await getMe(server, token)).json()))
    expect(users.map(({ email }) => email)).toEqual(['user@example.com', 'user@example.com'])
    expect(users[0].id).toBe(users[1].id)
    expect(users[0].apiKey).not.toBe(users[1].apiKey)
  })

  it.each([
    ['missing', {}],
    ['null', { email: null }],
    ['empty', { email: '' }],
    ['blank', { email: ' \t\n ' }],
    ['a number', { email: 7 }],
    ['a list', { email: ['user@example.com'] }],
    ['an object', { email: { toString: 'user@example.com' } }],
    ['true', { email: true }],
    ['in a body that is null', 'null'],
    ['in a body that is a list', '[{"email":"user@example.com"}]'],
    ['in a body that is text', '"user@example.com"'],
    ['in a body that is empty', ''],
  ])('requires an address that is not %s', async (_, body) => {
    const answer = await postSignUp(server, body)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toEqual({ error: 'Email is required.', code: 'email_required' })
  })

  it.each([
    'nobody',
    '@example.com',
    'user@',
    'user@@example.com',
    'user@exa mple.com',
    'user@example..com',
    'user@-example.com',
    'us\u0000er@example.com',
    'us\ner@example.com',
    '\ud800@example.com',
    'üser@example.com',
    '"><script>@example.com',
    `${'a'.repeat(250)}@example.com`,
  ])('refuses %j as no address', async (email) => {
    const answer = await postSignUp(server, { email })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toEqual({ error: 'Email is invalid.', code: 'email_invalid' })
  })

  it('knows nobody whom the operator did not add', async () => {
    const answer = await postSignUp(server, { email: 'stranger@example.com' })
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toEqual({ error: 'User not found.', code: 'user_not_found' })
    await expect(server.services.users.getByEmail('stranger@example.com')).rejects.toMatchObject({
      code: 'user_not_found',
    })
  })

  it('refuses a disabled user', async () => {
    const { id } = await server.services.users.add('disabled@example.com')
    await server.services.users.update(id, { disabled: true })
    const answer = await postSignUp(server, { email: 'disabled@example.com' })
    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toEqual({ error: 'This user is disabled.', code: 'user_disabled' })
  })

  it('says nothing about an unexpected failure', async () => {
    const failure = vi.spyOn(server.services.signUp, 'signUp').mockRejectedValue(new Error('a secret detail'))
    const answer = await postSignUp(server, { email: 'user@example.com' })
    failure.mockRestore()
    expect(answer.statusCode).toBe(500)
    expect(answer.json()).toEqual({ error: 'Internal server error.', code: 'internal_error' })
  })
})

describeOnBothEngines('POST /signup with REGISTRATION=open', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine, { environment: { REGISTRATION: 'open' } })
  })
  afterAll(() => server.close())

  it('registers an unknown address', async () => {
    const answer = await postSignUp(server, { email: ' New@Example.com' })
    expect(answer.statusCode).toBe(200)
    expect((await getMe(server, answer.json().sessionToken)).json()).toMatchObject({
      email: 'new@example.com',
      promptCount: 0,
      tokenCount: 0,
    })
  })

  it('makes one user of many sign-ups at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => postSignUp(server, { email: 'twice@example.com' })),
    )
    const ids = await Promise.all(
      answers.map(async (answer) => (await getMe(server, answer.json().sessionToken)).json().id),
    )
    expect(new Set(ids).size).toBe(1)
  })

  it('still refuses what is no address', async () => {
    expect((await postSignUp(server, { email: 'nobody' })).json()).toMatchObject({ code: 'email_invalid' })
  })
})

describe('the session behind a sign-up', () => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp('embedded', { environment: { REGISTRATION: 'open' } })
  })
  afterAll(() => server.close())

  it('remembers what the client called itself, in plain characters and bounded', async () => {
    const agent = `my-extension/1.2.0 ${'x'.repeat(500)}`
    const answer = await postSignUp(server, { email: 'named@example.com' }, { 'user-agent': agent })
    const user = (await getMe(server, answer.json().sessionToken)).json()
    const [session] = await server.services.sessions.list(user.id)
    expect(session?.clientName).toBe(agent.slice(0, 200))
  })
})
