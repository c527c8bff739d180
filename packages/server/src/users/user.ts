import type { AdminUserResponse, Overrides, Role, UserResponse } from '@promptmeter/contract'
import {
  promptStanding,
  standingsOf,
  thresholdOf,
  toLimitResponse,
  type Use,
  usedShareOf,
} from '../quotas/limit-standing.ts'
import type { Terms } from '../quotas/plan.ts'

/** Somebody who may sign in, as of one moment. */
export interface User extends Use {
  readonly id: string
  readonly email: string
  /** The database's clock when this was read: it tells which windows are the present ones. */
  readonly readAt: Date
  /** Calls of the gateway that were accepted in the present minute. */
  readonly requestsThisMinute: number
  /** The name of the plan. */
  readonly plan: string
  /** Limit on prompts for life that the operator set for this user, or null for that of the plan. */
  readonly thresholdOverride: number | null
  readonly overrides: Overrides | null
  /** The plan with what this user has instead. */
  readonly terms: Terms
  readonly role: Role
  readonly disabled: boolean
  readonly createdAt: Date
  /** The hour in which usage was last counted; null for never. */
  readonly lastUsedAt: Date | null
}

export function toUserResponse(user: User): UserResponse {
  const { prompts, tokens, cost } = user.total
  const { threshold, remaining } = promptStanding(prompts, thresholdOf(user.terms.limits, user))
  return {
    id: user.id,
    email: user.email,
    promptCount: prompts,
    tokenCount: tokens,
    costMicros: cost,
    threshold,
    remaining,
    plan: user.plan,
    overrides: user.overrides,
    role: user.role,
    disabled: user.disabled,
    createdAt: user.createdAt.toISOString(),
  }
}

export function toAdminUserResponse(user: User): AdminUserResponse {
  return {
    ...toUserResponse(user),
    ownThreshold: user.thresholdOverride,
    lastUsedAt: user.lastUsedAt?.toISOString() ?? null,
    usedShare: usedShareOf(user.terms.limits, user),
  }
}

export function toLimitResponses(user: User) {
  return standingsOf(user.terms.limits, user, user.readAt).map(toLimitResponse)
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** True when `text` may be the id of something; the database refuses to look for anything else. */
export function isId(text: unknown): text is string {
  return typeof text === 'string' && ID.test(text)
}

/** Longest address that fits a mail envelope (RFC 5321, 4.5.3.1.3, less the angle brackets). */
const MAX_EMAIL_LENGTH = 254

// What browsers accept in <input type=email>: https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
const LOCAL_PART = /^[\w.!#$%&'*+/=?^`{|}~-]+$/
const DOMAIN_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** The one form an address is stored and looked up in, or null when it is no address. */
export function normalizeEmail(text: string): string | null {
  // Before lower case, which makes letters of ASCII out of others: the Kelvin sign becomes a k.
  if (/[^\x20-\x7e]/.test(text.trim())) return null
  const email = text.trim().toLowerCase()
  if (email.length > MAX_EMAIL_LENGTH) return null
  const at = email.indexOf('@')
  const domainLabels = email.slice(at + 1).split('.')
  const valid =
    at > 0 && LOCAL_PART.test(email.slice(0, at)) && domainLabels.every((label) => DOMAIN_LABEL.test(label))
  return valid ? email : null
}
