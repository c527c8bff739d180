/** What a session token says. It is not verified here: the server does that at each request. */
export interface SessionClaims {
  readonly userId: string
  readonly email: string
  readonly sessionId: string
  readonly issuedAt: Date
  readonly expiresAt: Date
}

/** Null for what is no session token, such as an API key. */
export function readSessionToken(token: string): SessionClaims | null {
  try {
    const [, payload = ''] = token.split('.')
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
    const { userId, email, sid, iat, exp } = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof userId !== 'string' || typeof email !== 'string' || typeof sid !== 'string') return null
    if (typeof iat !== 'number' || typeof exp !== 'number') return null
    return { userId, email, sessionId: sid, issuedAt: new Date(iat * 1000), expiresAt: new Date(exp * 1000) }
  } catch {
    return null
  }
}

/** Whether to renew a token: from half of its life on. */
export function isRenewalDue({ issuedAt, expiresAt }: SessionClaims, now: Date): boolean {
  return now.getTime() >= (issuedAt.getTime() + expiresAt.getTime()) / 2
}
