import type { UsageInterval } from '@promptmeter/contract'

/** How far back usage is shown; the usual one first. */
export const USAGE_RANGES = ['month', 'day', 'week', 'year'] as const
export type UsageRange = (typeof USAGE_RANGES)[number]

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

/** Whole buckets up to the present one, which is the last: UTC, as the server counts. @param now milliseconds since 1970 */
export function rangeQuery(range: UsageRange, now: number): { from: string; interval: UsageInterval } {
  if (range === 'day') {
    const hour = Math.floor(now / HOUR_MS) * HOUR_MS
    return { from: new Date(hour - 23 * HOUR_MS).toISOString(), interval: 'hour' }
  }
  if (range === 'year') {
    const today = new Date(now)
    return { from: dayOf(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 11)), interval: 'month' }
  }
  return { from: dayOf(now - ((range === 'week' ? 7 : 30) - 1) * DAY_MS), interval: 'day' }
}

/** `2026-11-24`, in UTC. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
