import { LRUCache } from 'lru-cache'
import { tokenInvalid, userNotFound } from '../promptmeter-error.ts'
import { isId } from '../users/user.ts'
import { type ApiKeys, looksLikeApiKey } from './api-key.ts'
import type { Principal } from './session.ts'
import { type SessionTokens, TokenError } from './session-token.ts'

/** Verified credentials remembered at most: near 10 MB when full. */
const CACHE_SIZE = 10_000

interface VerifiedCredential {
  readonly principal: Principal
  readonly expiresAtMs: number
}

/** The id of no session: a genuine token without one still has to learn first whether its user is there. */
const NO_SESSION = '00000000-0000-0000-0000-000000000000'

export interface CredentialVerifier {
  /**
   * Whose credential this is, a session token or an API key. What it remembers is only that a signature is good:
   * whether the session still lives is asked of the database each time.
   * @throws PromptmeterError `token_invalid`; `user_not_found` when the token is genuine and names no id of a user
   */
  verify(credential: string): Principal | Promise<Principal>
}

/** @param now milliseconds since 1970 */
export function createCredentialVerifier(
  tokens: SessionTokens,
  apiKeys: ApiKeys,
  now: () => number = Date.now,
): CredentialVerifier {
  const verified = new LRUCache<string, VerifiedCredential>({ max: CACHE_SIZE })

  const verifyToken = async (token: string): Promise<Principal> => {
    try {
      const { userId, sessionId, expiresAt } = await tokens.verify(token)
      if (!isId(userId)) throw userNotFound()
      const principal = {
        userId,
        sessionId: isId(sessionId) ? sessionId : NO_SESSION,
      }
      verified.set(token, { principal, expiresAtMs: expiresAt.getTime() })
      return principal
    } catch (error) {
      throw error instanceof TokenError ? tokenInvalid() : error
    }
  }

  const verifyApiKey = (apiKey: string): Principal => {
    const principal = apiKeys.verify(apiKey)
    if (principal === null) throw tokenInvalid()
    // The key itself never expires; its session does, and the database says when.
    verified.set(apiKey, { principal, expiresAtMs: Number.POSITIVE_INFINITY })
    return principal
  }

  return {
    verify(credential) {
      const known = verified.get(credential)
      if (known !== undefined && known.expiresAtMs > now()) return known.principal
      return looksLikeApiKey(credential) ? verifyApiKey(credential) : verifyToken(credential)
    },
  }
}
