import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, SignInError, startCodeSignIn } from '../src/index.ts'
import { caught } from './support/caught.ts'
import { answer, startScriptedServer } from './support/scripted-server.ts'
import { type SignInServer, startSignInServer } from './support/sign-in-server.ts'

const REDIRECT = 'vscode://publisher.extension/signed-in?windowId=7'

const METADATA_THAT_RUNS = {
  issuer: 'https://meter.example.com',
  authorization_endpoint: 'javascript:alert(1)//',
  token_endpoint: 'https://meter.example.com/oauth/token',
  device_authorization_endpoint: 'https://meter.example.com/oauth/device_authorization',
}

describe('a sign-in by code', () => {
  let server: SignInServer
  beforeAll(async () => {
    server = await startSignInServer()
  })
  afterAll(() => server.close())

  const begin = (redirectUri?: string) =>
    startCodeSignIn(server.client, redirectUri === undefined ? {} : { redirectUri })
  const finish = async (url: string, email: string) => {
    const { leadsTo } = await server.proveByCode(await server.browser.open(url), email)
    return leadsTo as URL
  }

  it('sends the user off with PKCE and a state of its own each time', async () => {
    const [first, second] = [await begin(REDIRECT), await begin(REDIRECT)]
    const [one, two] = [new URL(first.url), new URL(second.url)]
    expect(one.href).toMatch(`${server.url}/oauth/authorize?`)
    expect(Object.fromEntries(one.searchParams)).toEqual({
      client_id: 'editor',
      response_type: 'code',
      redirect_uri: REDIRECT,
      state: expect.stringMatching(/^[\w-]{22}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    for (const name of ['state', 'code_challenge'])
      expect(one.searchParams.get(name)).not.toBe(two.searchParams.get(name))
  })

  it.each<[string, (leadsTo: URL) => string | URL | URLSearchParams]>([
    ['as text', (leadsTo) => leadsTo.href],
    ['as a URL', (leadsTo) => leadsTo],
    ['as its query', (leadsTo) => leadsTo.search],
    ['as parameters', (leadsTo) => leadsTo.searchParams],
  ])('ends in a session from the address that the browser came back with, %s', async (_name, form) => {
    const signIn = await begin(REDIRECT)
    const leadsTo = await finish(signIn.url, 'ada@example.com')
    expect(leadsTo.searchParams.get('iss')).toBe(server.url)
    const token = await signIn.redeem(form(leadsTo))
    const client = createClient({ serverUrl: server.url, token })
    expect(await client.me()).toMatchObject({ email: 'ada@example.com' })
  })

  it('ends in a session from a code that was copied off the page, blanks around it or not', async () => {
    const signIn = await begin()
    const page = await server.proveByCode(await server.browser.open(signIn.url), 'paste@example.com')
    const code = new URL(page.url, server.url).searchParams.get('code')
    expect(page.body).toContain(code)
    const token = await signIn.redeemCode(`  ${code}\n`)
    expect(await createClient({ serverUrl: server.url, token }).me()).toMatchObject({
      email: 'paste@example.com',
    })
  })

  it('takes a code once', async () => {
    const signIn = await begin(REDIRECT)
    const leadsTo = await finish(signIn.url, 'once@example.com')
    await signIn.redeem(leadsTo)
    const error = await caught(signIn.redeem(leadsTo))
    expect(error).toBeInstanceOf(SignInError)
    expect(error).toMatchObject({ code: 'sign_in_failed', reason: 'invalid_grant' })
  })

  it('takes no code that another sign-in was given', async () => {
    const [mine, theirs] = [await begin(REDIRECT), await begin(REDIRECT)]
    const code = (await finish(theirs.url, 'theirs@example.com')).searchParams.get('code') as string
    expect(await caught(mine.redeemCode(code))).toMatchObject({ reason: 'invalid_grant' })
  })

  it('that the user cancels in the browser says so', async () => {
    const signIn = await begin(REDIRECT)
    const page = await server.browser.open(signIn.url)
    const { leadsTo } = await server.browser.submit(page, '/cancel')
    expect(await caught(signIn.redeem(leadsTo as URL))).toMatchObject({
      reason: 'access_denied',
      message: 'The sign-in was cancelled in the browser.',
    })
  })
})

describe('an answer of the browser that is not to this sign-in', () => {
  const startAt = async () => {
    const server = await startScriptedServer((_request, response) =>
      answer(response, { access_token: 'a-token' }),
    )
    const signIn = await startCodeSignIn(createClient({ serverUrl: server.url, token: 'of-before' }), {
      redirectUri: REDIRECT,
      server: {
        issuer: server.url,
        authorization_endpoint: 'https://elsewhere.example/oauth/authorize',
        token_endpoint: 'https://elsewhere.example/oauth/token',
        device_authorization_endpoint: 'https://elsewhere.example/oauth/device_authorization',
      },
    })
    const state = new URL(signIn.url).searchParams.get('state') as string
    return { server, signIn, state }
  }

  it.each<[string, Record<string, string>, string]>([
    ['another state', { code: 'c', state: 'other' }, 'state_mismatch'],
    ['no state', { code: 'c' }, 'state_mismatch'],
    ['a refusal without our state', { error: 'access_denied' }, 'state_mismatch'],
    ['another issuer', { code: 'c', state: 'OURS', iss: 'https://evil.example' }, 'issuer_mismatch'],
    ['no issuer', { code: 'c', state: 'OURS', iss: '' }, 'issuer_mismatch'],
    ['a refusal', { error: 'access_denied', state: 'OURS' }, 'access_denied'],
    [
      'another refusal',
      { error: 'server_error', error_description: 'Broken', state: 'OURS' },
      'server_error',
    ],
    ['no code', { state: 'OURS' }, 'code_missing'],
  ])('%s: refused before anything is sent', async (_name, parameters, reason) => {
    const { server, signIn, state } = await startAt()
    const query = new URLSearchParams(parameters)
    if (parameters.state === 'OURS') query.set('state', state)
    if (!query.has('iss')) query.set('iss', server.url)
    if (query.get('iss') === '') query.delete('iss')
    const error = await caught(signIn.redeem(`vscode://publisher.extension/signed-in?${query}`))
    expect(error).toBeInstanceOf(SignInError)
    expect(error).toMatchObject({ reason })
    expect(server.requests).toEqual([])
    await server.close()
  })

  it('the code goes to the server that the caller named and nowhere else, with the verifier and no token', async () => {
    const { server, signIn, state } = await startAt()
    expect(await signIn.redeem(new URLSearchParams({ code: 'c', state, iss: server.url }))).toBe('a-token')
    const [request] = server.requests
    expect(request).toMatchObject({ method: 'POST', path: '/oauth/token' })
    expect(request?.headers.authorization).toBeUndefined()
    const form = new URLSearchParams(request?.text)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') as string)
      .digest('base64url')
    expect(new URL(signIn.url).searchParams.get('code_challenge')).toBe(challenge)
    expect(form.get('redirect_uri')).toBe(REDIRECT)
    await server.close()
  })

  it.each([{}, [], { issuer: 7 }, METADATA_THAT_RUNS, null])(
    'a server that says of itself %j is none of ours',
    async (metadata) => {
      const server = await startScriptedServer((_request, response) => answer(response, metadata))
      const client = createClient({ serverUrl: server.url, maxRetries: 0 })
      expect(await caught(startCodeSignIn(client))).toMatchObject({
        name: 'PromptmeterError',
        code: 'unexpected_answer',
      })
      await server.close()
    },
  )
})
