import type { SignInMethod } from '@promptmeter/contract'
import type { RequestOrigin } from '../audit/audit-event.ts'
import type { AuditService } from '../audit/audit-service.ts'
import type { SignInConfig } from '../config/sign-in-config.ts'
import { userDisabled, userNotFound } from '../promptmeter-error.ts'
import { type AttemptLimit, type AttemptLimiter, AttemptsExceeded } from '../rate-limits/attempt-limiter.ts'
import { networkOf } from '../rate-limits/network.ts'
import type { SignIn } from '../sessions/session.ts'
import type { SessionService, StartedSession } from '../sessions/session-service.ts'
import type { User } from '../users/user.ts'
import type { UserService } from '../users/user-service.ts'
import type { Identity, IdentityStore } from './identity-store.ts'

/** What was shown of an address, and how. */
export interface Proof {
  readonly method: SignInMethod
  readonly email: string
  /** The account at an outside provider that vouches for the address. */
  readonly identity?: Identity
}

/** Refusals of one network that the log is told of. */
const REFUSALS_TOLD: AttemptLimit = { name: 'sign_in_refusal_told', attempts: 120, seconds: 10 * 60 }

export interface SignInParts {
  readonly users: UserService
  readonly sessions: SessionService
  readonly identities: IdentityStore
  readonly audit: AuditService
  readonly attempts: AttemptLimiter
  readonly config: SignInConfig
}

export type SignInService = ReturnType<typeof createSignInService>

/** Who may come in once an address is proven, and the session that follows. */
export function createSignInService({ users, sessions, identities, audit, attempts, config }: SignInParts) {
  const domains = new Set(config.registrationDomains)
  const admins = new Set(config.adminEmails)

  /** Whether this address, unknown so far, becomes a user by signing in. */
  const mayRegister = (email: string): boolean => {
    if (admins.has(email)) return true
    if (config.registration !== 'open') return false
    return domains.size === 0 || domains.has(email.slice(email.lastIndexOf('@') + 1))
  }

  const findUser = async ({ email, identity }: Proof): Promise<User | null> => {
    const linked = identity === undefined ? null : await identities.findUserId(identity)
    if (linked !== null) return users.getById(linked)
    return mayRegister(email) ? users.findOrAdd(email) : users.findByEmail(email)
  }

  /** A `trusted` address proves nothing, so it makes nobody an admin. */
  const promote = async (user: User, { method }: Proof, origin: RequestOrigin): Promise<User> => {
    if (method === 'trusted' || user.role === 'admin' || !admins.has(user.email)) return user
    const promoted = await users.update(user.id, { role: 'admin' })
    await audit.record({
      action: 'user_changed',
      actor: { kind: 'operator' },
      origin,
      userId: user.id,
      details: { role: 'admin', because: 'ADMIN_EMAILS' },
    })
    return promoted
  }

  /** Tells the log of a refusal: of one network so many in ten minutes, or anybody could fill it. */
  const tellRefusal = async (
    origin: RequestOrigin,
    userId: string | null,
    details: { readonly method?: SignInMethod; readonly reason: string },
  ): Promise<void> => {
    try {
      await attempts.take(REFUSALS_TOLD, networkOf(origin.ip))
    } catch (error) {
      if (error instanceof AttemptsExceeded) return
      throw error
    }
    await audit.record({ action: 'sign_in_refused', actor: { kind: 'nobody' }, origin, userId, details })
  }

  const refuse = ({ method }: Proof, origin: RequestOrigin, reason: string, userId: string | null) =>
    tellRefusal(origin, userId, { method, reason })

  return {
    /** Whether a code is worth sending to this address. */
    async mayEnter(email: string): Promise<boolean> {
      const known = await users.findByEmail(email)
      return known !== null || mayRegister(email)
    },

    /**
     * The user whose address was proven, registered and made an admin where the settings say so.
     * @throws PromptmeterError `user_not_found`, `user_disabled`
     */
    async admit(proof: Proof, origin: RequestOrigin): Promise<User> {
      const user = await findUser(proof)
      if (user === null) {
        await refuse(proof, origin, 'user_not_found', null)
        throw userNotFound()
      }
      if (user.disabled) {
        await refuse(proof, origin, 'user_disabled', user.id)
        throw userDisabled()
      }
      if (proof.identity !== undefined) await identities.insert(proof.identity, user.id)
      return promote(user, proof, origin)
    },

    /**
     * Starts the session of a user who was admitted.
     * @throws PromptmeterError `user_not_found`, `user_disabled`
     */
    async start(user: User, signIn: SignIn, origin: RequestOrigin): Promise<StartedSession> {
      const started = await sessions.start(user, signIn)
      await audit.record({
        action: 'sign_in',
        actor: { kind: 'user', userId: user.id, sessionId: started.sessionId },
        origin: { ...origin, clientName: signIn.clientName },
        userId: user.id,
        sessionId: started.sessionId,
        details: { method: signIn.method },
      })
      return started
    },

    /** Tells the log of an attempt that proved nothing. @param method null where none was chosen yet */
    async refused(
      method: SignInMethod | null,
      reason: string,
      origin: RequestOrigin,
      email?: string,
    ): Promise<void> {
      const user = email === undefined ? null : await users.findByEmail(email)
      await tellRefusal(origin, user?.id ?? null, { ...(method !== null && { method }), reason })
    },
  }
}
