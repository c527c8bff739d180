import type { SessionResponse, SignInMethod } from '@promptmeter/contract'

/** How long a session, its token and its API key live. */
export const SESSION_LIFETIME_MS = 30 * 24 * 60 * 60 * 1000

/** `lastUsedAt` is written at most this often. */
export const LAST_USED_GRAIN_MS = 10 * 60 * 1000

/** One sign-in of a user. */
export interface Session {
  readonly id: string
  readonly userId: string
  readonly clientName: string | null
  /** How the user's address was proven. */
  readonly method: SignInMethod
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
}

/** How somebody signed in. */
export interface SignIn {
  readonly method: SignInMethod
  readonly clientName: string | null
  /** MAC of the OAuth grant the session ends with. */
  readonly grantMac?: string
}

/** The authenticated caller of a request, as its credential says; whether the session still lives the database knows. */
export interface Principal {
  readonly userId: string
  readonly sessionId: string
}

export function toSessionResponse(session: Session): SessionResponse {
  return {
    id: session.id,
    clientName: session.clientName,
    method: session.method,
    createdAt: session.createdAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
    lastUsedAt: session.lastUsedAt?.toISOString() ?? null,
    revokedAt: session.revokedAt?.toISOString() ?? null,
  }
}
