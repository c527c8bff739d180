import type { UsageBucket, UsageGroupTotal, UsageInterval } from '@promptmeter/contract'
import { type ChartMeter, groupName } from './chart-series.ts'

/** How far back usage is shown. */
export const USAGE_RANGES = ['30d', '24h', '7d', '12m'] as const
export type UsageRange = (typeof USAGE_RANGES)[number]

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Whole buckets up to the present one, which is the last: UTC, as the server counts. @param now milliseconds since 1970 */
export function rangeQuery(range: UsageRange, now: number): { from: string; interval: UsageInterval } {
  const hour = Math.floor(now / HOUR_MS) * HOUR_MS
  const day = Math.floor(now / DAY_MS) * DAY_MS
  const month = new Date(now)
  if (range === '24h') return { from: instant(hour - 23 * HOUR_MS), interval: 'hour' }
  if (range === '7d') return { from: instant(day - 6 * DAY_MS), interval: 'day' }
  if (range === '30d') return { from: instant(day - 29 * DAY_MS), interval: 'day' }
  return {
    from: instant(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() - 11)),
    interval: 'month',
  }
}

const instant = (at: number): string => new Date(at).toISOString()

export interface GroupShare {
  readonly name: string
  readonly value: number
  /** Of all that is in the range. */
  readonly share: number
}

/** What each group used over all buckets, largest first; those past `most` as one. Groups that used nothing are left out. */
export function groupShares(buckets: readonly UsageBucket[], meter: ChartMeter, most = 7): GroupShare[] {
  const sums = new Map<string, number>()
  const add = (group: UsageGroupTotal) =>
    sums.set(groupName(group), (sums.get(groupName(group)) ?? 0) + group[meter])
  for (const { groups = [] } of buckets) groups.forEach(add)
  const sorted = [...sums].filter(([, value]) => value > 0).sort(([, one], [, other]) => other - one)
  const total = sorted.reduce((sum, [, value]) => sum + value, 0)
  const shares = sorted.map(([name, value]) => ({ name, value, share: value / total }))
  if (shares.length <= most + 1) return shares
  const others = shares.slice(most).reduce((sum, { value }) => sum + value, 0)
  return [...shares.slice(0, most), { name: 'all others', value: others, share: others / total }]
}
