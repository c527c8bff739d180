import { type Limit, type LimitResponse, MAX_COUNT } from '@promptmeter/contract'
import type { Amounts, WindowCounts } from './amounts.ts'
import { windowEnd, windowStart } from './window.ts'

/** Everything a user has used, and what calls under way may still use. */
export interface Use {
  /** For life. */
  readonly total: Amounts
  /** In the present windows, those that begin anew. */
  readonly windows: WindowCounts
  readonly held: Amounts
}

/** Where a user stands with one limit. */
export interface LimitStanding extends Limit {
  readonly used: number
  readonly held: number
  /** max(0, amount - used - held) */
  readonly remaining: number
  readonly windowStart: Date | null
  readonly resetsAt: Date | null
}

export function usedOf({ meter, window }: Limit, { total, windows }: Pick<Use, 'total' | 'windows'>): number {
  // A correction of an event that was recorded in an earlier window may bring the present one below zero.
  return Math.max(0, (window === 'lifetime' ? total : windows[window])[meter])
}

export function standingsOf(limits: readonly Limit[], use: Use, now: Date): LimitStanding[] {
  return limits.map((limit) => {
    const used = usedOf(limit, use)
    const held = use.held[limit.meter]
    return {
      ...limit,
      used,
      held,
      remaining: Math.max(0, limit.amount - used - held),
      windowStart: windowStart(limit.window, now),
      resetsAt: windowEnd(limit.window, now),
    }
  })
}

/** Of the limit that is used most, the share that is used; null where nothing is limited. A limit of 0 is used up. */
export function usedShareOf(limits: readonly Limit[], use: Pick<Use, 'total' | 'windows'>): number | null {
  if (limits.length === 0) return null
  return Math.max(...limits.map((limit) => (limit.amount === 0 ? 1 : usedOf(limit, use) / limit.amount)))
}

/**
 * The one number that old clients compare their prompt count with: the limit on prompts for life; where only windows
 * limit prompts, the count and the least that is left; where nothing does, 2^53 - 1.
 */
export function thresholdOf(
  limits: readonly Limit[],
  { total, windows }: Pick<Use, 'total' | 'windows'>,
): number {
  const onPrompts = limits.filter(({ meter }) => meter === 'prompts')
  const forLife = onPrompts.find(({ window }) => window === 'lifetime')
  if (forLife !== undefined) return forLife.amount
  if (onPrompts.length === 0) return MAX_COUNT
  const left = onPrompts.map((limit) => Math.max(0, limit.amount - usedOf(limit, { total, windows })))
  return Math.min(MAX_COUNT, total.prompts + Math.min(...left))
}

export interface PromptStanding {
  readonly threshold: number
  readonly remaining: number
  readonly exceeded: boolean
}

/** Where a prompt count stands against a threshold. */
export function promptStanding(promptCount: number, threshold: number): PromptStanding {
  return { threshold, remaining: Math.max(0, threshold - promptCount), exceeded: promptCount > threshold }
}

export function toLimitResponse({ windowStart, resetsAt, ...standing }: LimitStanding): LimitResponse {
  return {
    ...standing,
    windowStart: windowStart?.toISOString() ?? null,
    resetsAt: resetsAt?.toISOString() ?? null,
  }
}
