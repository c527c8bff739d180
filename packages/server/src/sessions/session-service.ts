import { randomUUIDv7 } from 'node:crypto'
import type { SessionKind, SignInMethod } from '@promptmeter/contract'
import { retryContention } from '../database/retry-contention.ts'
import { PromptmeterError, tokenInvalid, userDisabled, userNotFound } from '../promptmeter-error.ts'
import { isId, type User } from '../users/user.ts'
import type { ApiKeys } from './api-key.ts'
import type { CredentialVerifier } from './credential-verifier.ts'
import { type Principal, SESSION_LIFETIME_MS, type Session, type SignIn } from './session.ts'
import type { RevokedSessions, SessionStore } from './session-store.ts'
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

/** A caller with a live session, and what kind it is of. */
export interface SessionCaller {
  readonly user: User
  readonly kind: SessionKind
  readonly method: SignInMethod
  /** True when the session began within the last ten minutes. */
  readonly recent: boolean
}

export interface RenewedSession {
  readonly sessionToken: string
  readonly expiresAt: Date
  /** False while more than half of its life was left: then nothing moved. */
  readonly renewed: boolean
}

/** Longest a revocation is tried again while usage is written for the same sessions, in milliseconds. */
export const REVOKE_DEADLINE_MS = 5_000

export function createSessionService({ store, tokens, apiKeys, verifier }: SessionServiceParts) {
  const revoke = (userId: string, sessionId: string, kind?: SessionKind) =>
    retryContention(REVOKE_DEADLINE_MS, () => store.revoke(userId, sessionId, kind))

  const getCallerOfAnyKind = async (principal: Principal): Promise<SessionCaller> => {
    const caller = await store.findCaller(principal)
    if (caller === null) throw userNotFound()
    const { user, live, kind, method, recent } = caller
    if (!live || kind === null || method === null) throw tokenInvalid()
    if (user.disabled) throw userDisabled()
    if (caller.stale) await store.touch(principal)
    return { user, kind, method, recent }
  }

  const getSessionCaller = async (principal: Principal): Promise<SessionCaller> => {
    const caller = await getCallerOfAnyKind(principal)
    if (caller.kind !== 'key') return caller
    throw new PromptmeterError('session_required', 'This needs a session, not a named API key.')
  }

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
    getCaller: async (principal: Principal): Promise<User> => (await getCallerOfAnyKind(principal)).user,

    /** The same with what is known of the session, named API keys included. */
    getCallerOfAnyKind,

    /**
     * The same for what a named API key may not do.
     * @throws PromptmeterError `session_required` besides
     */
    getSessionCaller,

    /**
     * A fresh token of the same session. From half of its life on the session lives anew, a year after its sign-in at
     * most; the tokens from before stay good until they say they end.
     * @throws PromptmeterError as `getSessionCaller`
     */
    async renew(principal: Principal): Promise<RenewedSession> {
      const { user } = await getSessionCaller(principal)
      const kept = await retryContention(REVOKE_DEADLINE_MS, () => store.renew(principal))
      if (kept === null) throw tokenInvalid()
      const claims = { userId: user.id, email: user.email, apiKey: apiKeys.format(principal) }
      const { sessionId } = principal
      const sessionToken = await tokens.generate(claims, { sessionId, expiresAt: kept.expiresAt })
      return { sessionToken, ...kept }
    },

    apiKeyOf: (principal: Principal): string => apiKeys.format(principal),

    /** Those that live or ended lately, newest first; of both kinds when none is named. */
    list: (userId: string, kind?: SessionKind): Promise<Session[]> => store.list(userId, kind),

    /**
     * Ends one session, of this kind where one is named; gives how many lived: ending it twice is no error.
     * @throws PromptmeterError `session_not_found`
     */
    async revoke(userId: string, sessionId: string, kind?: SessionKind): Promise<number> {
      const revoked = isId(sessionId) ? await revoke(userId, sessionId, kind) : null
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

    /** Ends every session and key, or those that `which` names; gives how many lived. */
    revokeAll: (userId: string, which: RevokedSessions = {}): Promise<number> =>
      retryContention(REVOKE_DEADLINE_MS, () => store.revokeAll(userId, which)),
  }
}
