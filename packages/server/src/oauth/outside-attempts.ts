import { randomBytes } from 'node:crypto'
import { parseCookie, stringifySetCookie } from 'cookie'
import {
  type OutsideAttempt,
  OutsideError,
  type OutsideIdentity,
  type OutsideProvider,
} from '../sign-in/outside-provider.ts'
import type { Sealer } from './record-sealer.ts'

const LIFETIME_SECONDS = 10 * 60

/** What the browser keeps, sealed, while its user is at the provider. */
interface KeptAttempt {
  readonly uid: string
  readonly way: string
  readonly state: string
  readonly attempt: OutsideAttempt
  readonly expiresAt: number
}

export type OutsideAttempts = ReturnType<typeof createOutsideAttempts>

/** Visits to outside providers. Each is bound to the browser and the sign-in it began in. */
export function createOutsideAttempts(issuer: () => string, sealer: Sealer) {
  const cookieName = () => `${isSecure() ? '__Secure-' : ''}promptmeter_outside`
  const isSecure = () => issuer().startsWith('https:')
  const pathOf = (uid: string) => `/sign-in/${uid}`
  const callbackUrl = ({ way }: OutsideProvider) => `${issuer()}/sign-in/callback/${way}`
  /** Read by the server alone, and sent along when a link leads here, never with a request of another site. */
  const cookie = (uid: string, value: string, maxAge: number): string =>
    stringifySetCookie({
      name: cookieName(),
      value,
      path: pathOf(uid),
      maxAge,
      httpOnly: true,
      sameSite: 'lax',
      secure: isSecure(),
    })

  return {
    /**
     * Where the browser goes, and the `Set-Cookie` it takes along.
     * @throws OutsideError when the provider cannot be reached
     */
    async begin(uid: string, provider: OutsideProvider): Promise<{ url: string; cookie: string }> {
      const state = `${uid}.${randomBytes(24).toString('base64url')}`
      const { url, keep } = await provider.begin(callbackUrl(provider), state)
      const expiresAt = Date.now() + LIFETIME_SECONDS * 1000
      const kept: KeptAttempt = { uid, way: provider.way, state, attempt: keep, expiresAt }
      return { url, cookie: cookie(uid, await sealer.seal(kept), LIFETIME_SECONDS) }
    },

    /** The sign-in that a state names; whether it is of this browser, its cookies say. */
    uidOf(state: unknown): string | null {
      return (typeof state === 'string' && /^([\w-]{10,100})\.[\w-]{32}$/.exec(state)?.[1]) || null
    },

    /** @throws OutsideError */
    async finish(
      uid: string,
      provider: OutsideProvider,
      query: string,
      cookies: string | undefined,
    ): Promise<OutsideIdentity> {
      const sealed = parseCookie(cookies ?? '')[cookieName()]
      const kept = sealed === undefined ? null : ((await sealer.open(sealed)) as KeptAttempt | null)
      if (kept === null || kept.uid !== uid || kept.way !== provider.way || kept.expiresAt < Date.now()) {
        throw new OutsideError('invalid', 'This took too long, or began in another browser. Try again.')
      }
      return provider.finish(new URL(callbackUrl(provider) + query), kept.attempt, kept.state)
    },

    /** The `Set-Cookie` that takes it away: an attempt is finished once. */
    end: (uid: string): string => cookie(uid, '', 0),
  }
}
