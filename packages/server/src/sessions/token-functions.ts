import { createApiKeys } from './api-key.ts'
import { createSessionTokens, type TokenClaims, TokenError } from './session-token.ts'

/** The pair that was promised to the first clients. */
export interface TokenFunctions {
  /** @throws TypeError when a claim is no string */
  generateToken(claims: TokenClaims): Promise<string>
  /** @throws TokenError when the token is not genuine, expired or not of our form */
  verifyToken(token: string): Promise<TokenClaims>
}

/**
 * `generateToken` and `verifyToken` for given secrets.
 * @param secret signs and verifies; at least 32 bytes
 * @param previousSecrets those it replaced, which still verify
 */
export function createTokenFunctions(secret: string, ...previousSecrets: readonly string[]): TokenFunctions {
  const tokens = createSessionTokens([secret, ...previousSecrets])
  const apiKeys = createApiKeys([secret, ...previousSecrets])

  return {
    async generateToken({ userId, email, apiKey }) {
      for (const [name, value] of Object.entries({ userId, email, apiKey })) {
        if (typeof value !== 'string') throw new TypeError(`${name} must be a string`)
      }
      const principal = apiKeys.verify(apiKey)
      const sessionId = principal?.userId === userId ? principal.sessionId : undefined
      return tokens.generate({ userId, email, apiKey }, sessionId === undefined ? {} : { sessionId })
    },

    async verifyToken(token) {
      if (typeof token !== 'string') throw new TokenError('the token is no string')
      const { userId, email, apiKey } = await tokens.verify(token)
      return { userId, email, apiKey }
    },
  }
}
