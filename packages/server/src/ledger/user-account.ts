import type { Overrides } from '@promptmeter/contract'
import {
  type Amounts,
  differenceOf,
  NO_WINDOW_COUNTS,
  NOTHING,
  sumOf,
  type WindowCounts,
  withBegun,
  withUsed,
} from '../quotas/amounts.ts'
import { thresholdOf, type Use } from '../quotas/limit-standing.ts'
import { needsWindowCounts, type Terms } from '../quotas/plan.ts'
import { MINUTE_MS, minuteOf, type QuotaReport, quotaReport } from '../quotas/quota-report.ts'
import { hourOf, type WindowMask, windowsBegunSince } from '../quotas/window.ts'

/** A user as the batch found it, its row locked until the commit. */
export interface LockedUser {
  readonly total: Amounts
  /** The seq of the newest event. */
  readonly eventCount: number
  readonly thresholdOverride: number | null
  readonly plan: string
  readonly overrides: Overrides | null
  readonly disabled: boolean
  /** The hour that the counts of the windows were last written in. */
  readonly countedHour: number | null
  /** Read only where the user's terms need them. */
  readonly windows: KeptWindows | null
}

export interface KeptWindows {
  readonly counts: WindowCounts
  readonly rateMinute: number | null
  readonly rateRequests: number
}

/** One user within a batch: as found, then as each call leaves them. */
export class UserAccount implements Use {
  readonly id: string
  readonly terms: Terms
  readonly disabled: boolean
  /** The hour of the batch; a clock that steps back opens no window again. */
  readonly hour: number
  /** Windows that began anew since they were last written. */
  readonly begun: WindowMask
  readonly #now: Date
  readonly #needsWindows: boolean
  total: Amounts
  windows: WindowCounts
  held: Amounts
  eventCount: number
  /** Set once a call of the gateway was counted against the minute. */
  rate: { readonly minute: number; readonly requests: number } | null = null
  readonly #rateRequests: number
  readonly #minute: number

  constructor(id: string, user: LockedUser, terms: Terms, held: Amounts | undefined, now: Date) {
    this.id = id
    this.terms = terms
    this.disabled = user.disabled
    this.total = user.total
    this.eventCount = user.eventCount
    this.held = held ?? NOTHING
    this.#now = now
    this.hour = Math.max(hourOf(now), user.countedHour ?? 0)
    this.begun = windowsBegunSince(user.countedHour, this.hour)
    this.#needsWindows = needsWindowCounts(terms)
    this.windows = withBegun(user.windows?.counts ?? NO_WINDOW_COUNTS, this.begun)
    this.#minute = Math.max(minuteOf(now), user.windows?.rateMinute ?? 0)
    this.#rateRequests = user.windows?.rateMinute === this.#minute ? user.windows.rateRequests : 0
  }

  get threshold(): number {
    return thresholdOf(this.terms.limits, this)
  }

  /** Calls of this minute that were accepted. */
  get requestsThisMinute(): number {
    return this.rate?.requests ?? this.#rateRequests
  }

  /** When the next minute begins. */
  get nextMinuteAt(): Date {
    return new Date((this.#minute + 1) * MINUTE_MS)
  }

  /** Adds an event. @returns its seq */
  use(amounts: Amounts): number {
    this.total = sumOf(this.total, amounts)
    if (this.#needsWindows) this.windows = withUsed(this.windows, amounts)
    return ++this.eventCount
  }

  hold(amounts: Amounts): void {
    this.held = sumOf(this.held, amounts)
    if (this.terms.requestsPerMinute === null) return
    this.rate = { minute: this.#minute, requests: this.requestsThisMinute + 1 }
  }

  unhold(amounts: Amounts): void {
    this.held = differenceOf(this.held, amounts)
  }

  report(): QuotaReport {
    return quotaReport(this, this.terms, this.requestsThisMinute, this.#now)
  }
}
