import { NetworkError, SignInError } from './errors.ts'
import { discover, type OAuthServer, postForm, refusalOf, sessionTokenIn } from './oauth-server.ts'
import { wait } from './retry.ts'
import type { Transport } from './transport.ts'

/** A sign-in on another device (RFC 8628). */
export interface DeviceSignIn {
  /** What the user enters, such as `KXXD-MVMH`. */
  readonly userCode: string
  /** Where the user enters it. */
  readonly verificationUri: string
  /** The same with the code filled in. */
  readonly verificationUriComplete: string
  readonly expiresAt: Date
  /** Waits until the user has signed in, and gives the session token. @throws SignInError, or the signal's reason */
  token(signal?: AbortSignal): Promise<string>
}

export interface DeviceSignInOptions {
  readonly signal?: AbortSignal
  /** What `discover` gave, to ask only once. */
  readonly server?: OAuthServer
}

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:device_code'

/** Longer pauses that `slow_down` asks for (RFC 8628, 3.5), and that a server out of reach gets. */
const SLOWER_BY_MS = 5_000

/** @throws PromptmeterError */
export async function startDeviceSignIn(
  { transport }: { readonly transport: Transport },
  options: DeviceSignInOptions = {},
): Promise<DeviceSignIn> {
  const server = options.server ?? (await discover(transport, options.signal))
  const answer = await postForm(transport, server.device_authorization_endpoint, {}, options.signal)
  const { device_code: deviceCode, user_code: userCode, verification_uri: verificationUri } = answer
  if (typeof deviceCode !== 'string' || typeof userCode !== 'string' || typeof verificationUri !== 'string') {
    throw refusalOf(answer)
  }
  const expiresAt = new Date(Date.now() + Number(answer.expires_in) * 1000)
  let intervalMs = Number(answer.interval ?? 5) * 1000

  return {
    userCode,
    verificationUri,
    verificationUriComplete: String(answer.verification_uri_complete ?? verificationUri),
    expiresAt,
    async token(signal) {
      const form = { grant_type: GRANT_TYPE, device_code: deviceCode }
      while (Date.now() < expiresAt.getTime()) {
        await wait(intervalMs, signal)
        try {
          const polled = await postForm(transport, server.token_endpoint, form, signal)
          if (polled.error === 'slow_down') intervalMs += SLOWER_BY_MS
          else if (polled.error !== 'authorization_pending') return sessionTokenIn(polled)
        } catch (error) {
          if (!isPassing(error)) throw error
          intervalMs += SLOWER_BY_MS
        }
      }
      throw refusalOf({ error: 'expired_token' })
    },
  }
}

/** A server that is away for a moment, or behind a proxy that says so, ends no sign-in. */
function isPassing(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof SignInError && (error.status ?? 0) >= 500)
}
