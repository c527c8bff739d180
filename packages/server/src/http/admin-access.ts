import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { Actor } from '../audit/audit-event.ts'
import type { AuditService } from '../audit/audit-service.ts'
import { PromptmeterError, tokenInvalid } from '../promptmeter-error.ts'
import { type AttemptLimit, type AttemptLimiter, AttemptsExceeded } from '../rate-limits/attempt-limiter.ts'
import { looksLikeApiKey } from '../sessions/api-key.ts'
import { looksLikeOperatorSession } from '../sessions/operator-session.ts'
import type { OperatorSessionService } from '../sessions/operator-session-service.ts'
import type { Principal } from '../sessions/session.ts'
import type { SessionService } from '../sessions/session-service.ts'
import { bearerOf } from './bearer.ts'
import type { BrowserCookie } from './browser-cookie.ts'
import type { HttpApp } from './http-app.ts'
import { originOf } from './request-origin.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `requireAdmin`; read it by `adminOf`. */
    admin: Actor | null
  }
}

export function decorateAdmin(app: HttpApp): void {
  app.decorateRequest('admin', null)
}

/** Refusals of one user that the log is told of: who asks without end must not fill it. */
const REFUSALS_TOLD: AttemptLimit = { name: 'admin_refusal_told', attempts: 10, seconds: 10 * 60 }

export interface AdminAccess {
  /** Null where none is set: then only users who are admins come in. */
  readonly adminKey: string | null
  readonly sessions: SessionService
  readonly operators: OperatorSessionService
  readonly cookie: BrowserCookie
  readonly audit: AuditService
  readonly attempts: AttemptLimiter
}

/**
 * Lets in who sends the admin key as bearer, or a session of a user who is an admin, before the body is read; a browser
 * by its cookie, which may be the operator's too. Whether they are one is asked of the database each time. A session that began with `trusted` showed nothing, and a named key
 * was made for less: neither makes an admin.
 */
export function requireAdmin({
  adminKey,
  sessions,
  operators,
  cookie,
  audit,
  attempts,
}: AdminAccess): onRequestAsyncHookHandler {
  const expected = adminKey === null ? null : digest(adminKey)

  const notOurs = (): PromptmeterError =>
    expected === null
      ? new PromptmeterError(
          'admin_disabled',
          'ADMIN_KEY is not set here: only a session of an admin may do this.',
        )
      : new PromptmeterError('admin_key_invalid', 'This is not the admin key of this server.')

  const principalBehind = async (credential: string): Promise<Principal> => {
    try {
      return await sessions.verify(credential)
    } catch (error) {
      const refused = error instanceof PromptmeterError && error.code === 'token_invalid'
      throw refused && !looksLikeSession(credential) ? notOurs() : error
    }
  }

  const isWorthTelling = async (userId: string): Promise<boolean> => {
    try {
      await attempts.take(REFUSALS_TOLD, userId)
      return true
    } catch (error) {
      if (error instanceof AttemptsExceeded) return false
      throw error
    }
  }

  /** Never held against the admin key: a cookie that carried it would be a way to guess it from a browser. */
  const principalOfCookie = (credential: string) => {
    if (!looksLikeApiKey(credential)) throw tokenInvalid()
    return sessions.verify(credential)
  }

  const principalOfBearer = async (request: FastifyRequest): Promise<Principal | 'operator'> => {
    const credential = credentialOf(request, expected === null ? notOurs : null)
    // Both sides are hashed, so the comparison takes as long whatever was sent, its length included.
    if (expected !== null && timingSafeEqual(digest(credential), expected)) return 'operator'
    return principalBehind(credential)
  }

  const principalIn = async (request: FastifyRequest): Promise<Principal | 'operator'> => {
    const credential = cookie.insteadOfBearer(request)
    if (credential === null) return principalOfBearer(request)
    if (!looksLikeOperatorSession(credential)) return principalOfCookie(credential)
    if (await operators.isLive(credential)) return 'operator'
    throw tokenInvalid()
  }

  return async (request) => {
    const principal = await principalIn(request)
    if (principal === 'operator') {
      request.admin = { kind: 'operator' }
      return
    }
    const { user, kind, method } = await sessions.getCallerOfAnyKind(principal)
    const actor: Actor = { kind: 'user', ...principal }
    if (user.role !== 'admin' || kind === 'key' || method === 'trusted') {
      const { sessionId } = principal
      const details = { role: user.role, kind, method }
      if (await isWorthTelling(user.id))
        await audit.record({
          action: 'admin_refused',
          actor,
          origin: originOf(request),
          userId: user.id,
          sessionId,
          details,
        })
      throw new PromptmeterError('admin_required', 'Only an admin may do this.')
    }
    request.admin = actor
  }
}

/** Who acts in a request that `requireAdmin` let in. */
export function adminOf({ admin }: FastifyRequest): Actor {
  if (admin === null) throw new Error('this route does not require an admin')
  return admin
}

/** @param instead what to throw where nothing is sent; `token_missing` when null */
function credentialOf(request: FastifyRequest, instead: (() => PromptmeterError) | null): string {
  try {
    return bearerOf(request, 'admin key')
  } catch (error) {
    throw instead === null ? error : instead()
  }
}

/** True for what has the form of our tokens and keys: it may be one that has expired. */
function looksLikeSession(credential: string): boolean {
  return looksLikeApiKey(credential) || /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(credential)
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
