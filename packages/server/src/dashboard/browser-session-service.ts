import type { RequestOrigin } from '../audit/audit-event.ts'
import type { AuditService } from '../audit/audit-service.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import { looksLikeApiKey } from '../sessions/api-key.ts'
import { looksLikeOperatorSession } from '../sessions/operator-session.ts'
import type { OperatorSessionService } from '../sessions/operator-session-service.ts'
import type { Principal } from '../sessions/session.ts'
import type { SessionService } from '../sessions/session-service.ts'
import type { User } from '../users/user.ts'

/** Who a browser is signed in as. */
export type BrowserCaller =
  | { readonly kind: 'operator' }
  | {
      readonly kind: 'user'
      readonly user: User
      /** Whether the admin API is open to them. */
      readonly admin: boolean
    }

export interface BrowserSessionParts {
  readonly sessions: SessionService
  readonly operators: OperatorSessionService
  readonly audit: AuditService
}

export type BrowserSessionService = ReturnType<typeof createBrowserSessionService>

/** What stands behind the dashboard's cookie: a session of a user or of the operator. */
export function createBrowserSessionService({ sessions, operators, audit }: BrowserSessionParts) {
  /** The token that a renewal gives is for editors: the cookie stays what it is, and lives as long as its session. */
  const renew = async (principal: Principal, origin: RequestOrigin): Promise<void> => {
    const { renewed, expiresAt } = await sessions.renew(principal)
    if (!renewed) return
    const { userId, sessionId } = principal
    await audit.record({
      action: 'session_renewed',
      actor: { kind: 'user', ...principal },
      origin,
      userId,
      sessionId,
      details: { expiresAt: expiresAt.toISOString() },
    })
  }

  const findUser = async (credential: string, origin: RequestOrigin): Promise<BrowserCaller | null> => {
    const principal = await sessions.verify(credential)
    const { user, kind, method } = await sessions.getCallerOfAnyKind(principal)
    if (kind === 'key') return null
    await renew(principal, origin)
    return { kind: 'user', user, admin: user.role === 'admin' && method !== 'trusted' }
  }

  const endUser = async (credential: string, origin: RequestOrigin): Promise<void> => {
    const principal = await sessions.verify(credential)
    const { userId, sessionId } = principal
    if ((await sessions.revoke(userId, sessionId, 'sign-in')) === 0) return
    const actor = { kind: 'user', ...principal } as const
    await audit.record({ action: 'session_revoked', actor, origin, userId, sessionId })
  }

  return {
    /** Who the cookie's value stands for, and lives; null for nobody. A user's session is renewed on the way. */
    async find(credential: string, origin: RequestOrigin): Promise<BrowserCaller | null> {
      if (looksLikeOperatorSession(credential))
        return (await operators.isLive(credential)) ? { kind: 'operator' } : null
      if (!looksLikeApiKey(credential)) return null
      return findUser(credential, origin).catch(nullIfRefused)
    },

    /** Signs the browser out, whoever it was; to do it again is no error. */
    async end(credential: string, origin: RequestOrigin): Promise<void> {
      if (looksLikeOperatorSession(credential)) await operators.end(credential)
      else if (looksLikeApiKey(credential)) await endUser(credential, origin).catch(nullIfRefused)
    },
  }
}

/** Ended, disabled, erased, never there: it is all nobody. What fails otherwise stays a failure. */
function nullIfRefused(error: unknown): null {
  if (error instanceof PromptmeterError) return null
  throw error
}
