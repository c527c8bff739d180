import { type LimitStanding, standingsOf, type Use } from './limit-standing.ts'
import type { Terms } from './plan.ts'

/** Where a user stands, for the headers of an answer. */
export interface QuotaReport {
  readonly at: Date
  readonly standings: readonly LimitStanding[]
  /** Calls of this minute, where they are limited. */
  readonly requests: Bound | null
  /** Calls under way, where they are limited. */
  readonly calls: Bound | null
}

export interface Bound {
  readonly amount: number
  readonly remaining: number
}

/** Milliseconds of the minute that calls are counted by. */
export const MINUTE_MS = 60_000

export function minuteOf(at: Date): number {
  return Math.floor(at.getTime() / MINUTE_MS)
}

/** @param requestsThisMinute calls of the gateway that were accepted in the minute of `at` */
export function quotaReport(use: Use, terms: Terms, requestsThisMinute: number, at: Date): QuotaReport {
  return {
    at,
    standings: standingsOf(terms.limits, use, at),
    requests: boundOf(terms.requestsPerMinute, requestsThisMinute),
    // Each hold is one prompt, so the prompts held are the calls under way.
    calls: boundOf(terms.concurrentCalls, use.held.prompts),
  }
}

function boundOf(amount: number | null, used: number): Bound | null {
  return amount === null ? null : { amount, remaining: Math.max(0, amount - used) }
}
