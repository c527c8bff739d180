import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClient, NetworkError, startDeviceSignIn } from '../src/index.ts'
import { caught } from './support/caught.ts'
import { hurryTimers, restoreTimersAfterEach } from './support/hurried-timers.ts'
import {
  answer,
  hangUp,
  inTurn,
  refuse,
  type Script,
  type ScriptedServer,
  startScriptedServer,
} from './support/scripted-server.ts'

const DEVICE = {
  device_code: 'd',
  user_code: 'ABCD-EFGH',
  verification_uri: 'https://meter.example.com/device',
  expires_in: 900,
  interval: 5,
}
const say =
  (error: string, status = 400): Script =>
  (_request, response) =>
    answer(response, { error, error_description: 'Something.' }, { status })
const succeed: Script = (_request, response) =>
  answer(response, { access_token: 'a-token', token_type: 'Bearer' })
const pending = say('authorization_pending')

describe('a device that polls', () => {
  let server: ScriptedServer
  let pauses: number[]
  beforeEach(async () => {
    server = await startScriptedServer(succeed)
    pauses = hurryTimers()
  })
  afterEach(() => server.close())
  restoreTimersAfterEach()

  const begin = (device: object = DEVICE, polls: [Script, ...Script[]] = [succeed]) => {
    server.script = inTurn((_request, response) => answer(response, device), ...polls)
    const oauth = {
      issuer: server.url,
      authorization_endpoint: `${server.url}/oauth/authorize`,
      token_endpoint: `${server.url}/oauth/token`,
      device_authorization_endpoint: `${server.url}/oauth/device_authorization`,
    }
    return startDeviceSignIn(createClient({ serverUrl: server.url, token: 'of-before' }), { server: oauth })
  }

  it('asks at the interval of the server, with its code and no token, until the user has finished', async () => {
    const signIn = await begin({ ...DEVICE, interval: 7 }, [pending, pending, succeed])
    expect(await signIn.token()).toBe('a-token')
    expect(pauses).toEqual([7_000, 7_000, 7_000])
    const [, poll] = server.requests
    expect(Object.fromEntries(new URLSearchParams(poll?.text))).toEqual({
      client_id: 'editor',
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'd',
    })
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('asks every five seconds where the server names no interval, at the address without the code where there is one alone', async () => {
    const { interval, ...device } = DEVICE
    const signIn = await begin(device)
    expect(signIn.verificationUriComplete).toBe(DEVICE.verification_uri)
    await signIn.token()
    expect(pauses).toEqual([5_000])
  })

  it('asks five seconds later, now and from then on, each time it is told to slow down', async () => {
    const signIn = await begin(DEVICE, [say('slow_down'), pending, say('slow_down'), succeed])
    expect(await signIn.token()).toBe('a-token')
    expect(pauses).toEqual([5_000, 10_000, 10_000, 15_000])
  })

  it.each<[string, Script]>([
    ['hangs up', hangUp],
    [
      'is behind a proxy that says so in a page',
      (_request, response) => answer(response, '<p>away</p>', { status: 502 }),
    ],
    [
      'is behind a proxy that says so in JSON',
      (_request, response) => answer(response, { message: 'away' }, { status: 503 }),
    ],
    ['is being stopped', (_request, response) => refuse(response, 503, 'draining')],
    ['fails', say('server_error', 500)],
    ['has no database', (_request, response) => refuse(response, 503, 'database_unavailable')],
  ])('goes on while the server %s', async (_name, away) => {
    const signIn = await begin(DEVICE, [away, away, succeed])
    expect(await signIn.token()).toBe('a-token')
  })

  it.each(['access_denied', 'expired_token', 'invalid_grant'])(
    'ends with %s and its reason',
    async (reason) => {
      const signIn = await begin(DEVICE, [pending, say(reason)])
      expect(await caught(signIn.token())).toMatchObject({ name: 'SignInError', reason })
      expect(server.requests).toHaveLength(3)
    },
  )

  it('ends where the code was taken but no session came of it', async () => {
    const signIn = await begin(DEVICE, [say('temporarily_unavailable', 503)])
    expect(await caught(signIn.token())).toMatchObject({ reason: 'temporarily_unavailable' })
  })

  it('ends by itself once the code has expired, whatever the server says', async () => {
    const signIn = await begin(DEVICE, [pending])
    const start = Date.now()
    let passed = 0
    vi.spyOn(Date, 'now').mockImplementation(() => start + passed)
    server.script = (request, response) => {
      passed += 300_001
      pending(request, response)
    }
    expect(await caught(signIn.token())).toMatchObject({ reason: 'expired_token' })
    expect(server.requests).toHaveLength(4)
  })

  it('is refused at its begin with the reason of the server', async () => {
    server.script = (_request, response) => refuse(response, 429, 'too_many_attempts')
    const client = createClient({ serverUrl: server.url })
    const endpoint = `${server.url}/oauth/device_authorization`
    const metadata = {
      issuer: server.url,
      authorization_endpoint: endpoint,
      token_endpoint: endpoint,
      device_authorization_endpoint: endpoint,
    }
    expect(await caught(startDeviceSignIn(client, { server: metadata }))).toMatchObject({
      reason: 'too_many_attempts',
    })
    server.script = hangUp
    expect(await caught(startDeviceSignIn(client, { server: metadata }))).toBeInstanceOf(NetworkError)
  })

  it('ends with the reason of its signal, in a pause and in a request', async () => {
    const reason = new Error('cancelled')
    const signIn = await begin()
    expect(await caught(signIn.token(AbortSignal.abort(reason)))).toBe(reason)
    const controller = new AbortController()
    server.script = () => controller.abort(reason)
    expect(await caught(signIn.token(controller.signal))).toBe(reason)
  })
})
