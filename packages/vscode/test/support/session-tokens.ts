/** What a token of the tests says; times in seconds. */
export interface TokenFacts {
  readonly userId?: string
  readonly email?: string
  readonly sid?: string
  readonly iat?: number
  readonly exp?: number
}

export const ISSUED_AT_S = Date.UTC(2026, 0, 1) / 1000
export const LIFE_S = 30 * 24 * 60 * 60

/** A session token as far as an editor reads it: nobody has signed it. */
export function sessionToken(facts: TokenFacts = {}): string {
  const claims = {
    userId: 'user-1',
    email: 'ada@example.com',
    sid: 'session-1',
    iat: ISSUED_AT_S,
    exp: ISSUED_AT_S + LIFE_S,
    ...facts,
  }
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'HS256' })}.${part(claims)}.c2lnbmF0dXJl`
}
