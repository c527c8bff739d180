import {
  MAX_COUNT,
  type UsageBucket,
  type UsageGroupTotal,
  type UsageHistoryResponse,
} from '@promptmeter/contract'
import { type HistoryRange, startOfBucket } from './history-range.ts'

/** Usage of one user, or of all, in one bucket of the rollups, for one group where groups were asked for. */
export interface UsageRow {
  readonly start: Date
  readonly group: string | null
  readonly prompts: number
  readonly tokens: number
  readonly cost: number
}

/** The history with its gaps filled. `grouped` splits each bucket, largest group first. */
export function toUsageHistory(
  range: HistoryRange,
  rows: readonly UsageRow[],
  grouped: boolean,
): UsageHistoryResponse {
  const rowsByStart = Map.groupBy(rows, ({ start }) => startOfBucket(start, range.interval).getTime())
  const buckets = range.starts.map((start): UsageBucket => {
    const inBucket = rowsByStart.get(start.getTime()) ?? []
    return {
      start: start.toISOString(),
      promptCount: sum(inBucket, 'prompts'),
      tokenCount: sum(inBucket, 'tokens'),
      costMicros: sum(inBucket, 'cost'),
      ...(grouped && { groups: toGroups(inBucket) }),
    }
  })
  return {
    from: range.from.toISOString(),
    to: range.to.toISOString(),
    interval: range.interval,
    promptCount: sum(rows, 'prompts'),
    tokenCount: sum(rows, 'tokens'),
    costMicros: sum(rows, 'cost'),
    buckets,
  }
}

/** The groups of all rows, largest first. */
export function toGroups(rows: readonly UsageRow[]): UsageGroupTotal[] {
  const groups = [...Map.groupBy(rows, ({ group }) => group)].map(([group, members]) => ({
    name: group === '' ? null : group,
    promptCount: sum(members, 'prompts'),
    tokenCount: sum(members, 'tokens'),
    costMicros: sum(members, 'cost'),
  }))
  return groups.sort(
    (one, other) =>
      other.tokenCount - one.tokenCount ||
      other.promptCount - one.promptCount ||
      (one.name ?? '').localeCompare(other.name ?? ''),
  )
}

function sum(rows: readonly UsageRow[], field: 'prompts' | 'tokens' | 'cost'): number {
  // What one user may have always fits; what all have may not.
  return Math.min(
    MAX_COUNT,
    rows.reduce((total, row) => total + row[field], 0),
  )
}
