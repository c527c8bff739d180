import { randomUUIDv7 } from 'node:crypto'
import { retryContention } from '../database/retry-contention.ts'
import { PromptmeterError, tokenInvalid, userDisabled, userNotFound } from '../promptmeter-error.ts'
import { isId, type User } from '../users/user.ts'
import type { ApiKeys } from './api-key.ts'
import type { CredentialVerifier } from './credential-verifier.ts'
import { type Principal, SESSION_LIFETIME_MS, type Session, type SignIn } from './session.ts'
import type { SessionStore } from './session-store.ts'
import type { SessionTokens } from './session-token.ts'

export interface StartedSession {
  readonly sessionId: string
  readonly sessionToken: string
}

export type SessionService = ReturnType<typeof createSessionService>

export interface SessionServiceParts {
  readonly store: SessionStore
  readonly tokens: SessionTokens
  readonly apiKeys: ApiKeys
  readonly verifier: CredentialVerifier
}

/** Longest a revocation is tried again while usage is written for the same sessions, in milliseconds. */
const REVOKE_DEADLINE_MS = 5_000

export function createSessionService({ store, tokens, apiKeys, verifier }: SessionServiceParts) {
  const revoke = (userId: string, sessionId: string | null) =>
    retryContention(REVOKE_DEADLINE_MS, () => store.revoke(userId, sessionId))

  return {
    /**
     * Signs a user in who has proven to be one.
     * @throws PromptmeterError `user_not_found`, `user_disabled`
     */
    async start(user: User, signIn: SignIn): Promise<StartedSession> {
      // The token counts whole seconds; the row ends with it.
      const createdAt = new Date(Math.floor(Date.now() / 1000) * 1000)
      const expiresAt = new Date(createdAt.getTime() + SESSION_LIFETIME_MS)
      const principal = { userId: user.id, sessionId: randomUUIDv7() }
      const started = await store.insert({
        ...principal,
        id: principal.sessionId,
        ...signIn,
        createdAt,
        expiresAt,
      })
      if (!started) throw (await store.findCaller(principal)) === null ? userNotFound() : userDisabled()
      const apiKey = apiKeys.format(principal)
      const claims = { userId: user.id, email: user.email, apiKey }
      const sessionToken = await tokens.generate(claims, {
        sessionId: principal.sessionId,
        issuedAt: createdAt,
      })
      return { sessionId: principal.sessionId, sessionToken }
    },

    verify: verifier.verify,

    /**
     * The user behind a verified credential, refused as the contract orders it: gone, session ended, disabled.
     * @throws PromptmeterError `user_not_found`, `token_invalid`, `user_disabled`
     */
    async getCaller(principal: Principal): Promise<User> {
      const caller = await store.findCaller(principal)
      if (caller === null) throw userNotFound()
      if (!caller.live) throw tokenInvalid()
      if (caller.user.disabled) throw userDisabled()
      if (caller.stale) await store.touch(principal)
      return caller.user
    },

    apiKeyOf: (principal: Principal): string => apiKeys.format(principal),

    list: (userId: string): Promise<Session[]> => store.list(userId),

    /** Ends one session; ending it twice is no error. @throws PromptmeterError `session_not_found` */
    async revoke(userId: string, sessionId: string): Promise<number> {
      const revoked = isId(sessionId) ? await revoke(userId, sessionId) : null
      if (revoked === null) throw new PromptmeterError('session_not_found', 'Session not found.')
      return revoked
    },

    /**
     * Ends the session that a token or API key stands for.
     * @returns whose it was, or null where none lived
     */
    async revokeByCredential(credential: string): Promise<Principal | null> {
      const principal = await verifier.verify(credential)
      return (await revoke(principal.userId, principal.sessionId)) ? principal : null
    },

    /** Ends the sessions that came from an OAuth grant. */
    endGrant: (grantMacs: readonly string[]): Promise<void> =>
      retryContention(REVOKE_DEADLINE_MS, () => store.revokeGrant(grantMacs)),

    revokeAll: async (userId: string): Promise<number> => (await revoke(userId, null)) ?? 0,
  }
}
