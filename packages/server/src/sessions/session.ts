import type { KeyResponse, SessionKind, SessionResponse, SignInMethod } from '@promptmeter/contract'

/** How long a session, its token and its API key live. */
export const SESSION_LIFETIME_MS = 30 * 24 * 60 * 60 * 1000

/** However often it is renewed, a session ends this long after its sign-in. */
export const MAX_SESSION_AGE_MS = 365 * 24 * 60 * 60 * 1000

/** When a key ends that never does: a moment, so that one comparison serves all. */
export const NEVER = new Date('9999-12-31T00:00:00Z')

/** How fresh a sign-in must be for what cannot be undone. */
export const RECENT_SIGN_IN_MINUTES = 10

/** `lastUsedAt` is written at most this often. */
export const LAST_USED_GRAIN_MS = 10 * 60 * 1000

/** One sign-in of a user, or one of their named API keys. */
export interface Session {
  readonly id: string
  readonly userId: string
  readonly kind: SessionKind
  /** A key's is its name. */
  readonly clientName: string | null
  /** How the user's address was proven; of a key, how it was when the key was made. */
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
    kind: session.kind,
    clientName: session.clientName,
    method: session.method,
    createdAt: session.createdAt.toISOString(),
    expiresAt: endOf(session),
    lastUsedAt: session.lastUsedAt?.toISOString() ?? null,
    revokedAt: session.revokedAt?.toISOString() ?? null,
  }
}

export function toKeyResponse(key: Session): KeyResponse {
  return {
    id: key.id,
    name: key.clientName ?? '',
    createdAt: key.createdAt.toISOString(),
    expiresAt: endOf(key),
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
  }
}

function endOf({ expiresAt }: Session): string | null {
  return expiresAt.getTime() === NEVER.getTime() ? null : expiresAt.toISOString()
}
