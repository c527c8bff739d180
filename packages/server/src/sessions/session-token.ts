import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { SESSION_LIFETIME_MS } from './session.ts'

const ISSUER = 'promptmeter'
const ALGORITHM = 'HS256'

/** Longest token looked at, in characters. Ours are near 500; an address of 254 characters fits with room. */
export const MAX_TOKEN_LENGTH = 4096

/** What a session token says about its holder, as promised to the first clients. */
export interface TokenClaims {
  readonly userId: string
  readonly email: string
  /** The session's own Promptmeter key, never the operator's. */
  readonly apiKey: string
}

export interface VerifiedToken extends TokenClaims {
  /** The session it belongs to; absent in a token that was made for no session. */
  readonly sessionId: string | undefined
  readonly expiresAt: Date
}

export interface SessionTokens {
  /** A token for these claims, valid until `expiresAt`, or 30 days from `issuedAt` (now when left out). */
  generate(
    claims: TokenClaims,
    options?: { sessionId?: string; issuedAt?: Date; expiresAt?: Date },
  ): Promise<string>
  /**
   * @throws TokenError when the token is not genuine, expired, or not of our form. RFC 8725: one algorithm, the issuer
   *   fixed, the type of every claim checked.
   */
  verify(token: string): Promise<VerifiedToken>
}

export class TokenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TokenError'
  }
}

/** @param secrets the current secret, which signs, then those it replaced, which still verify */
export function createSessionTokens(secrets: readonly [string, ...string[]]): SessionTokens {
  const keys = secrets.map((secret) => new TextEncoder().encode(secret))

  return {
    async generate({ userId, email, apiKey }, { sessionId, issuedAt = new Date(), expiresAt } = {}) {
      return new SignJWT({ userId, email, apiKey, ...(sessionId !== undefined && { sid: sessionId }) })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt ?? new Date(issuedAt.getTime() + SESSION_LIFETIME_MS))
        .sign(keys[0] as Uint8Array)
    },

    async verify(token) {
      if (token.length > MAX_TOKEN_LENGTH) throw new TokenError('the token is too long')
      for (const [index, key] of keys.entries()) {
        try {
          const { payload } = await jwtVerify(token, key, {
            algorithms: [ALGORITHM],
            issuer: ISSUER,
            requiredClaims: ['exp', 'iat'],
          })
          return readClaims(payload)
        } catch (error) {
          const tryNextSecret =
            error instanceof errors.JWSSignatureVerificationFailed && index < keys.length - 1
          if (tryNextSecret) continue
          if (error instanceof errors.JOSEError) throw new TokenError(error.message, { cause: error })
          throw error
        }
      }
      throw new TokenError('no secret to verify with')
    },
  }
}

function readClaims(payload: JWTPayload): VerifiedToken {
  const { userId, email, apiKey, sid, exp } = payload
  if (typeof userId !== 'string' || typeof email !== 'string' || typeof apiKey !== 'string') {
    throw new TokenError('a claim is missing or of the wrong type')
  }
  if (sid !== undefined && typeof sid !== 'string') throw new TokenError('sid is of the wrong type')
  return { userId, email, apiKey, sessionId: sid, expiresAt: new Date((exp as number) * 1000) }
}
