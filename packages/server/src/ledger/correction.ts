import type { User } from '../users/user.ts'
import type { Refusal } from './refusal.ts'
import { isSameBody, type UsageBody } from './usage-call.ts'

/** An event that amends: what it adds may be negative. */
export interface Correction extends UsageBody {
  readonly userId: string
  /** Micro-dollars. */
  readonly cost: number
  readonly reason: string
  readonly idempotencyKey: string | null
}

export type CorrectionOutcome = RecordedCorrection | Refusal

export interface RecordedCorrection {
  readonly kind: 'recorded'
  /** With the counts after this very correction. */
  readonly user: User
  /** True when the idempotency key had been recorded before: nothing was amended now. */
  readonly replayed: boolean
}

/** What a retry under the same key must repeat. */
export function isSameCorrection(
  one: UsageBody & { cost: number; reason: string | null },
  other: Correction,
): boolean {
  return isSameBody(one, other) && one.cost === other.cost && one.reason === other.reason
}
