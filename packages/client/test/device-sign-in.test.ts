import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, startDeviceSignIn } from '../src/index.ts'
import { caught } from './support/caught.ts'
import { hurryTimers, restoreTimersAfterEach } from './support/hurried-timers.ts'
import { type SignInServer, startSignInServer } from './support/sign-in-server.ts'

describe('a sign-in on a device', () => {
  let server: SignInServer
  beforeAll(async () => {
    server = await startSignInServer()
  })
  afterAll(() => server.close())
  restoreTimersAfterEach()

  const openEntry = async (address: string, userCode: string) => {
    const entry = await server.browser.open(address)
    return server.browser.submit(entry, '/device', { user_code: userCode })
  }

  it('shows a code and where to enter it, and ends in a session once the user has done so', async () => {
    const signIn = await startDeviceSignIn(server.client)
    expect(signIn).toMatchObject({
      userCode: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
      verificationUri: `${server.url}/device`,
      verificationUriComplete: `${server.url}/device?user_code=${signIn.userCode}`,
    })
    const confirm = await openEntry(signIn.verificationUriComplete, signIn.userCode)
    const page = await server.browser.submit(confirm, '/device', { confirm: 'yes' })
    const pauses = hurryTimers()
    await server.proveByCode(page, 'device@example.com')
    const token = await signIn.token()
    expect(await createClient({ serverUrl: server.url, token }).me()).toMatchObject({
      email: 'device@example.com',
    })
    expect(pauses).toEqual([5_000])
  })

  it('that the user denies says so', async () => {
    const signIn = await startDeviceSignIn(server.client)
    const confirm = await openEntry(signIn.verificationUriComplete, signIn.userCode)
    await server.browser.submit(confirm, '/device', { abort: 'yes' })
    hurryTimers()
    expect(await caught(signIn.token())).toMatchObject({ code: 'sign_in_failed', reason: 'access_denied' })
  })

  it('goes on while the user has not finished, until it is cancelled', async () => {
    const signIn = await startDeviceSignIn(server.client)
    const pauses = hurryTimers()
    const controller = new AbortController()
    const reason = new Error('cancelled')
    const token = caught(signIn.token(controller.signal))
    const { url } = server
    // Twenty-five polls in a minute are more than the server takes: it asks to slow down, which ends nothing either.
    while (pauses.at(-1) !== 10_000) await fetch(`${url}/livez`)
    controller.abort(reason)
    expect(await token).toBe(reason)
  })
})
