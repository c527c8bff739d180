import type { UsageGroup, UsageInterval } from '@promptmeter/contract'
import type { Database, Statement } from '../database/database.ts'
import type { HistoryRange } from './history-range.ts'
import { bucketStart, ROLLUPS } from './rollup.ts'
import type { UsageRow } from './usage-history.ts'

/** $1 user id, $2 from, $3 to (not included). One name per case, so that each is prepared once. */
function readStatement(interval: UsageInterval, groupBy: UsageGroup | undefined): Statement {
  const { table, at, type } = ROLLUPS[interval]
  return {
    name: `usage_read_${interval}_${groupBy ?? 'all'}`,
    text: `select ${bucketStart(interval)} as start, ${groupBy ?? 'null::text'} as "group",
        sum(prompts)::bigint as prompts, sum(tokens)::bigint as tokens, sum(cost_micros)::bigint as cost
      from ${table} where user_id = $1 and ${at} >= $2::${type} and ${at} < $3::${type} group by 1, 2`,
  }
}

export type UsageStore = ReturnType<typeof createUsageStore>

export function createUsageStore(database: Database) {
  return {
    /** Reads the rollups of one user, never the events: hours for hours, days for days and months. */
    readRollups(userId: string, range: HistoryRange, groupBy: UsageGroup | undefined): Promise<UsageRow[]> {
      const statement = readStatement(range.interval, groupBy)
      return database.query<UsageRow>(statement, [userId, range.from.toISOString(), range.to.toISOString()])
    },
  }
}
