import { DEFAULT_THRESHOLD, type UserResponse } from '@promptmeter/contract'

/** Somebody who may sign in. */
export interface User {
  readonly id: string
  readonly email: string
  readonly promptCount: number
  readonly tokenCount: number
  /** Limit on prompts that the operator set for this user, or null for the default. */
  readonly thresholdOverride: number | null
  readonly disabled: boolean
  readonly createdAt: Date
}

export interface UsageStanding {
  readonly threshold: number
  readonly remaining: number
  readonly exceeded: boolean
}

export function thresholdOf(thresholdOverride: number | null): number {
  return thresholdOverride ?? DEFAULT_THRESHOLD
}

/** Where a prompt count stands against the threshold. */
export function standingOf(promptCount: number, thresholdOverride: number | null): UsageStanding {
  const threshold = thresholdOf(thresholdOverride)
  return { threshold, remaining: Math.max(0, threshold - promptCount), exceeded: promptCount > threshold }
}

export function toUserResponse(user: User): UserResponse {
  const { threshold, remaining } = standingOf(user.promptCount, user.thresholdOverride)
  return {
    id: user.id,
    email: user.email,
    promptCount: user.promptCount,
    tokenCount: user.tokenCount,
    threshold,
    remaining,
    disabled: user.disabled,
    createdAt: user.createdAt.toISOString(),
  }
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
  const email = text.trim().toLowerCase()
  if (email.length > MAX_EMAIL_LENGTH) return null
  const at = email.indexOf('@')
  const domainLabels = email.slice(at + 1).split('.')
  const valid =
    at > 0 && LOCAL_PART.test(email.slice(0, at)) && domainLabels.every((label) => DOMAIN_LABEL.test(label))
  return valid ? email : null
}
