import { inspect } from 'node:util'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createGithubWay } from '../src/sign-in/github-way.ts'
import { createOidcWay } from '../src/sign-in/oidc-way.ts'
import { OutsideError, type OutsideProvider, type OutsideReason } from '../src/sign-in/outside-provider.ts'
import { LOGGER_OPTIONS } from '../src/telemetry/logger.ts'
import {
  browse,
  type GithubServer,
  type OidcServer,
  type OidcServerOptions,
  OUTSIDE_CLIENT_ID,
  OUTSIDE_CLIENT_SECRET,
  startGithubServer,
  startOidcServer,
} from './support/outside-provider.ts'

const CALLBACK = 'http://127.0.0.1:8090/sign-in/callback'
const STATE = 'planted-state-of-this-browser'
const CREDENTIALS = { clientId: OUTSIDE_CLIENT_ID, clientSecret: OUTSIDE_CLIENT_SECRET }

/** Everything that must stand in no error: filled as the tests go. */
const secrets = new Set<string>([OUTSIDE_CLIENT_SECRET, encodeURIComponent(OUTSIDE_CLIENT_SECRET), STATE])

/** All codes and tokens that the provider of a test gave out. */
let given: () => readonly string[] = () => []

/** Goes there and comes back. */
async function visit(way: OutsideProvider) {
  const { url, keep } = await way.begin(CALLBACK, STATE)
  const callback = await browse(url, CALLBACK)
  for (const secret of [keep.codeVerifier, keep.nonce, callback.searchParams.get('code')]) {
    if (secret) secrets.add(secret)
  }
  return { callback, keep: JSON.parse(JSON.stringify(keep)) as typeof keep }
}

async function signIn(way: OutsideProvider) {
  const { callback, keep } = await visit(way)
  return way.finish(callback, keep, STATE)
}

/** Holds that the attempt is refused for this reason, with an error that tells nothing it should not. */
async function expectRefusal(attempt: Promise<unknown>, reason: OutsideReason) {
  const error = await attempt.then(
    (value) => expect.fail(`was let in: ${inspect(value)}`),
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(OutsideError)
  expect(error.reason).toBe(reason)
  expect(error.message).toMatch(/\.$/)
  const lines: string[] = []
  pino(LOGGER_OPTIONS, { write: (line: string) => void lines.push(line) }).error({ err: error })
  for (const said of [...lines, inspect(error, { depth: 9 }), JSON.stringify(error)]) {
    for (const secret of [...secrets, ...given(), 'eyJ', 'gho_', 'example.com'])
      expect(said).not.toContain(secret)
  }
}

const changed = (callback: URL, parameter: string, value: string | null) => {
  const url = new URL(callback)
  if (value === null) url.searchParams.delete(parameter)
  else url.searchParams.set(parameter, value)
  return url
}

/** What both kinds of provider hold alike. */
function holdsTheFlow(parts: () => { way: OutsideProvider; server: OidcServer | GithubServer }) {
  it('an answer with another state, or none, is refused before its code is used', async () => {
    const { way } = parts()
    const { callback, keep } = await visit(way)
    await expectRefusal(way.finish(changed(callback, 'state', 'another'), keep, STATE), 'invalid')
    await expectRefusal(way.finish(changed(callback, 'state', null), keep, STATE), 'invalid')
    await expectRefusal(way.finish(callback, keep, 'another-browser'), 'invalid')
    await expectRefusal(way.finish(callback, keep, ''), 'invalid')
    expect(await way.finish(callback, keep, STATE)).toHaveProperty('email')
  })

  it('a code is good once', async () => {
    const { way } = parts()
    const { callback, keep } = await visit(way)
    await way.finish(callback, keep, STATE)
    await expectRefusal(way.finish(callback, keep, STATE), 'invalid')
  })

  it('an answer from another provider is refused', async () => {
    const { way } = parts()
    const { callback, keep } = await visit(way)
    const mixedUp = changed(callback, 'iss', 'https://other.example')
    await expectRefusal(way.finish(mixedUp, keep, STATE), 'invalid')
  })

  it('a code is useless to whoever lacks the verifier of the attempt', async () => {
    const { way } = parts()
    const { callback, keep } = await visit(way)
    const { keep: other } = await way.begin(CALLBACK, STATE)
    await expectRefusal(way.finish(callback, { ...keep, codeVerifier: other.codeVerifier }, STATE), 'invalid')
  })

  it('whoever refuses there is not signed in, and told so', async () => {
    const { way, server } = parts()
    server.denies = true
    await expectRefusal(signIn(way), 'denied')
  })

  it('an error for another browser is not believed', async () => {
    const { way, server } = parts()
    server.denies = true
    const { callback, keep } = await visit(way)
    await expectRefusal(way.finish(changed(callback, 'state', 'another'), keep, STATE), 'invalid')
  })

  it.each(['server_error', 'temporarily_unavailable'])(
    'a provider that says %s is not available',
    async (code) => {
      const { way } = parts()
      const { callback, keep } = await visit(way)
      const failed = changed(changed(callback, 'code', null), 'error', code)
      await expectRefusal(way.finish(failed, keep, STATE), 'unavailable')
    },
  )

  it('a provider that went away in between is not available, and is again once it is back', async () => {
    const { way, server } = parts()
    const { callback, keep } = await visit(way)
    await server.stop()
    try {
      await expectRefusal(way.finish(callback, keep, STATE), 'unavailable')
    } finally {
      await server.start()
    }
    expect(await signIn(way)).toHaveProperty('email', 'ada@example.com')
  })

  it('two attempts share no secret', async () => {
    const { way } = parts()
    const [one, other] = [await way.begin(CALLBACK, STATE), await way.begin(CALLBACK, STATE)]
    expect(one.keep.codeVerifier).not.toBe(other.keep.codeVerifier)
    const { searchParams } = new URL(one.url)
    expect(searchParams.get('code_challenge_method')).toBe('S256')
    expect(one.url).not.toContain(one.keep.codeVerifier)
    expect(one.url).not.toContain(encodeURIComponent(OUTSIDE_CLIENT_SECRET))
  })
}

describe('an OpenID provider', () => {
  let server: OidcServer
  let way: OutsideProvider
  const start = (options: Partial<OidcServerOptions> = {}) =>
    startOidcServer({ callbackUrl: CALLBACK, ...options })
  const wayTo = ({ issuer }: OidcServer, clientSecret = OUTSIDE_CLIENT_SECRET) =>
    createOidcWay({ ...CREDENTIALS, clientSecret, issuer, name: 'single sign-on' })

  beforeEach(async () => {
    server = await start()
    way = wayTo(server)
    given = () => server.secrets
  })
  afterEach(async () => {
    await server.stop()
  })

  holdsTheFlow(() => ({ way, server }))

  it('vouches for a verified address', async () => {
    expect(way).toMatchObject({ way: 'oidc', name: 'single sign-on' })
    expect(await signIn(way)).toEqual({
      issuer: server.issuer,
      subject: 'account-1',
      email: 'ada@example.com',
    })
    expect(server.paths).not.toContain('/me')
  })

  it.each([false, 'true', 1, null, undefined])(
    'is not believed where email_verified is %o',
    async (verified) => {
      server.account = { sub: 'account-1', email: 'ada@example.com', email_verified: verified }
      await expectRefusal(signIn(way), 'unverified')
    },
  )

  it.each(['no address', 'a@b@c', '', 7, undefined])(
    'is not believed where the address is %o',
    async (email) => {
      server.account = { sub: 'account-1', email, email_verified: true }
      await expectRefusal(signIn(way), 'unverified')
    },
  )

  it('that tells the address only at its userinfo endpoint is asked there', async () => {
    const asked = await start({ emailIn: 'userinfo' })
    try {
      expect(await signIn(wayTo(asked))).toMatchObject({ subject: 'account-1', email: 'ada@example.com' })
      expect(asked.paths).toContain('/me')
      asked.account = { sub: 'account-1', email: 'ada@example.com', email_verified: false }
      await expectRefusal(signIn(wayTo(asked)), 'unverified')
    } finally {
      await asked.stop()
    }
  })

  it('whose userinfo tells of somebody else is refused', async () => {
    const asked = await start({ emailIn: 'userinfo' })
    asked.userInfoSubject = 'account-2'
    try {
      await expectRefusal(signIn(wayTo(asked)), 'invalid')
    } finally {
      await asked.stop()
    }
  })

  it('that takes the secret only in the body gets it there', async () => {
    const posted = await start({ clientAuth: 'client_secret_post' })
    try {
      expect(await signIn(wayTo(posted))).toHaveProperty('email')
    } finally {
      await posted.stop()
    }
  })

  it('that refuses our own secret is not available', async () => {
    await expectRefusal(signIn(wayTo(server, 'planted-wrong-secret')), 'unavailable')
  })

  it('has its id_token refused with the nonce of another attempt', async () => {
    const { callback, keep } = await visit(way)
    const { keep: other } = await way.begin(CALLBACK, STATE)
    await expectRefusal(way.finish(callback, { ...keep, nonce: other.nonce }, STATE), 'invalid')
  })

  it.each([
    ['another audience', { aud: 'another-client' }],
    ['another issuer', { iss: 'https://other.example' }],
    ['no nonce', { nonce: undefined }],
    ['an end in the past', { exp: 1_000 }],
    ['no subject', { sub: undefined }],
  ])('has an id_token with %s refused', async (_what, claims) => {
    server.idToken = { claims }
    await expectRefusal(signIn(way), 'invalid')
  })

  it('has an id_token refused that somebody else signed', async () => {
    server.idToken = { signedByAnother: true }
    await expectRefusal(signIn(way), 'invalid')
    server.idToken = {}
    expect(await signIn(way)).toHaveProperty('email')
  })

  it('has an answer refused that lacks the iss it promises', async () => {
    const { callback, keep } = await visit(way)
    await expectRefusal(way.finish(changed(callback, 'iss', null), keep, STATE), 'invalid')
  })

  it('is sent a challenge, without which this one begins nothing', async () => {
    const { url } = await way.begin(CALLBACK, STATE)
    const callback = await browse(changed(new URL(url), 'code_challenge', null).href, CALLBACK)
    expect(callback.searchParams.get('error')).toBe('invalid_request')
  })

  it('that is down at first is asked again at the next attempt, and then only once', async () => {
    await server.stop()
    await expectRefusal(way.begin(CALLBACK, STATE), 'unavailable')
    await server.start()
    expect(await signIn(way)).toHaveProperty('email')
    await signIn(way)
    expect(server.paths.filter((path) => path.includes('.well-known'))).toHaveLength(1)
  })

  it('that calls itself by another name is not available', async () => {
    const renamed = wayTo({ ...server, issuer: server.issuer.replace('127.0.0.1', 'localhost') })
    await expectRefusal(renamed.begin(CALLBACK, STATE), 'unavailable')
  })

  it('outside this machine is never spoken to without TLS', async () => {
    const plain = wayTo({ ...server, issuer: 'http://idp.example' })
    await expectRefusal(plain.begin(CALLBACK, STATE), 'unavailable')
  })
})

describe('GitHub', () => {
  let server: GithubServer
  let way: OutsideProvider
  beforeAll(async () => {
    server = await startGithubServer(CALLBACK)
    way = createGithubWay({ ...CREDENTIALS, url: server.url })
    given = () => server.secrets
  })
  afterAll(() => server.stop())
  const account = () => ({
    id: 583_231 as unknown,
    emails: [
      { email: 'other@example.com', primary: false, verified: true },
      { email: 'Ada@Example.com', primary: true, verified: true },
    ] as unknown,
  })
  beforeEach(() => {
    server.denies = false
    server.scripts.clear()
    server.account = account()
  })

  holdsTheFlow(() => ({ way, server }))

  it('vouches for the primary address, under the number that stays', async () => {
    expect(way).toMatchObject({ way: 'github', name: 'GitHub' })
    expect(await signIn(way)).toEqual({ issuer: server.url, subject: '583231', email: 'ada@example.com' })
    for (const path of ['/api/v3/user', '/api/v3/user/emails']) {
      expect(server.headers.get(path)).toMatchObject({ 'user-agent': expect.stringMatching(/^promptmeter/i) })
    }
    expect(server.headers.get('/api/v3/user')).toMatchObject({ accept: 'application/vnd.github+json' })
  })

  it.each([
    ['is not verified', [{ email: 'ada@example.com', primary: true, verified: false }]],
    ['is verified in a word', [{ email: 'ada@example.com', primary: true, verified: 'true' }]],
    ['is none', [{ email: 'no address', primary: true, verified: true }]],
    ['is not there', []],
    [
      'is another than the verified one',
      [
        { email: 'other@example.com', primary: false, verified: true },
        { email: 'ada@example.com', primary: true, verified: false },
      ],
    ],
  ])('is not believed where the primary address %s', async (_what, emails) => {
    server.account = { ...account(), emails }
    await expectRefusal(signIn(way), 'unverified')
  })

  it.each([undefined, '583231', 1.5, 0, null])(
    'without a number for the account (%o) signs nobody in',
    async (id) => {
      server.account = { ...account(), id }
      await expectRefusal(signIn(way), 'unavailable')
    },
  )

  it('that refuses our own secret is not available', async () => {
    const wrong = createGithubWay({ ...CREDENTIALS, clientSecret: 'planted-wrong-secret', url: server.url })
    await expectRefusal(signIn(wrong), 'unavailable')
  })

  it.each(['/login/oauth/access_token', '/api/v3/user', '/api/v3/user/emails'])(
    'that answers nonsense at %s is not available',
    async (path) => {
      const answers: [number, Record<string, string>, string][] = [
        [500, {}, 'gho_nonsense'],
        [403, {}, '{"message":"gho_nonsense"}'],
        [302, { location: 'https://other.example/' }, ''],
        [200, { 'content-type': 'text/html' }, '<p>gho_nonsense'],
        [200, { 'content-type': 'application/json' }, `"${'x'.repeat(300 * 1024)}"`],
      ]
      for (const [status, headers, body] of answers) {
        server.scripts.set(path, (response) => void response.writeHead(status, headers).end(body))
        await expectRefusal(signIn(way), 'unavailable')
      }
    },
  )
})
