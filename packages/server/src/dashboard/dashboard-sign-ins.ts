import type { SignInMethod } from '@promptmeter/contract'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BrowserCookie } from '../http/browser-cookie.ts'
import { clientNameFrom, originOf } from '../http/request-origin.ts'
import { signInGone } from '../oauth/answer-page.ts'
import { newBrowserUid, type PendingSignIns } from '../oauth/pending-sign-ins.ts'
import type { Sealer } from '../oauth/record-sealer.ts'
import { MAX_SESSION_AGE_MS } from '../sessions/session.ts'
import type { SessionService } from '../sessions/session-service.ts'
import type { SignInService } from '../sign-in/sign-in-service.ts'
import type { User } from '../users/user.ts'
import type { BrowserSessionService } from './browser-session-service.ts'

const LIFETIME_SECONDS = 30 * 60
const MAX_PATH_LENGTH = 500

/** What the browser keeps, sealed, until its user is known. */
interface KeptSignIn {
  readonly uid: string
  readonly to: string
  readonly expiresAt: number
}

export interface DashboardSignInParts {
  readonly sessions: SessionService
  readonly signIn: SignInService
  readonly browserSessions: BrowserSessionService
  readonly cookie: BrowserCookie
  readonly sealer: Sealer
}

export interface DashboardSignIns extends PendingSignIns {
  /**
   * Begins one in this browser.
   * @param to where it leads once the user is known; anything but a path of this server stands for `/`
   * @returns where its pages are
   */
  begin(to: unknown, reply: FastifyReply): Promise<string>
}

/** Sign-ins of the dashboard. The browser keeps each by itself, so that nobody can fill a table by beginning them. */
export function createDashboardSignIns(parts: DashboardSignInParts): DashboardSignIns {
  const { sessions, signIn, browserSessions, cookie, sealer } = parts
  const name = `${cookie.secure ? '__Secure-' : ''}promptmeter_sign_in`

  /** Lax and not strict: a provider's answer comes from its site. */
  const keep = (reply: FastifyReply, uid: string, value: string, maxAge: number) =>
    void reply.header(
      'Set-Cookie',
      stringifySetCookie({
        name,
        value,
        path: `/sign-in/${uid}`,
        maxAge,
        httpOnly: true,
        sameSite: 'lax',
        secure: cookie.secure,
      }),
    )

  const startSession = async (
    user: User,
    method: SignInMethod,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> => {
    const origin = originOf(request)
    const clientName = clientNameFrom(`dashboard ${request.headers['user-agent'] ?? ''}`.trim())
    const { sessionId } = await signIn.start(user, { method, clientName }, origin)
    // The cookie held one session and will hold another: what it leaves behind must not live on unseen.
    const before = cookie.read(request)
    if (before !== null) await browserSessions.end(before, origin)
    const credential = sessions.apiKeyOf({ userId: user.id, sessionId })
    cookie.set(reply, credential, MAX_SESSION_AGE_MS / 1000)
  }

  const openKept = async (request: FastifyRequest, uid: string): Promise<KeptSignIn> => {
    const sealed = parseCookie(request.headers.cookie ?? '')[name]
    const kept = sealed === undefined ? null : ((await sealer.open(sealed)) as KeptSignIn | null)
    if (kept === null || kept.uid !== uid || kept.expiresAt < Date.now()) throw signInGone()
    return kept
  }

  return {
    async begin(to, reply) {
      const uid = newBrowserUid()
      const kept: KeptSignIn = { uid, to: pathOf(to), expiresAt: Date.now() + LIFETIME_SECONDS * 1000 }
      keep(reply, uid, await sealer.seal(kept), LIFETIME_SECONDS)
      return `/sign-in/${uid}`
    },

    async find(request) {
      const { uid } = request.params as { uid: string }
      const { to } = await openKept(request, uid)
      return {
        uid,
        client: 'the dashboard',
        formTarget: undefined,
        loginHint: undefined,
        async complete(user, method, completing, reply) {
          await startSession(user, method, completing, reply)
          keep(reply, uid, '', 0)
          return to
        },
        async cancel(reply) {
          keep(reply, uid, '', 0)
          return to
        },
      }
    },
  }
}

/** A path of this server and nothing that a browser could read as another: `//host`, `/\host`, a line break. */
export function pathOf(to: unknown): string {
  if (typeof to !== 'string' || to.length > MAX_PATH_LENGTH) return '/'
  return /^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(to) ? to : '/'
}
