import type { OverviewResponse } from '@promptmeter/contract'
import type { HistoryRange } from '../usage/history-range.ts'
import { toGroups, toUsageHistory, type UsageRow } from '../usage/usage-history.ts'
import type { RefusalTotal } from './refusal-counts.ts'

/** The usage of all users in a range, as of one moment. */
export interface OverviewRows {
  /** Per bucket, and per group where groups were asked for. */
  readonly usage: readonly UsageRow[]
  /** By the start of the bucket, in milliseconds since 1970; buckets without usage are left out. */
  readonly activeByStart: ReadonlyMap<number | undefined, number>
  readonly activeUsers: number
}

export interface OverviewParts {
  /** When reading began. */
  readonly at: Date
  readonly range: HistoryRange
  readonly grouped: boolean
  readonly rows: OverviewRows
  readonly users: OverviewResponse['users']
  readonly refusals: readonly RefusalTotal[]
}

/** Totals, buckets and groups are sums of the same rows. */
export function toOverview({ at, range, grouped, rows, users, refusals }: OverviewParts): OverviewResponse {
  const { usage, activeByStart, activeUsers } = rows
  const { buckets, ...history } = toUsageHistory(range, usage, grouped)
  return {
    at: at.toISOString(),
    ...history,
    activeUsers,
    ...(grouped && { groups: toGroups(usage) }),
    buckets: buckets.map((bucket, index) => ({
      ...bucket,
      activeUsers: activeByStart.get(range.starts[index]?.getTime()) ?? 0,
    })),
    users,
    refusals: [...refusals],
  }
}
