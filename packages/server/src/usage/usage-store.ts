import type { UsageGroup } from '@promptmeter/contract'
import { sql } from 'kysely'
import type { Database } from '../database/database.ts'
import type { HistoryRange } from './history-range.ts'
import type { UsageRow } from './usage-history.ts'

export type UsageStore = ReturnType<typeof createUsageStore>

export function createUsageStore({ kysely }: Database) {
  return {
    /** Reads the rollups of one user, never the events: hours for hours, days for days and months. */
    async readRollups(
      userId: string,
      range: HistoryRange,
      groupBy: UsageGroup | undefined,
    ): Promise<UsageRow[]> {
      const { interval, from, to } = range
      const group = sql<string | null>`${groupBy === undefined ? sql`null::text` : sql.ref(groupBy)}`
      const totals = [
        sql<number>`sum(prompts)::bigint`.as('prompts'),
        sql<number>`sum(tokens)::bigint`.as('tokens'),
      ] as const

      if (interval === 'hour') {
        return kysely
          .selectFrom('usage_hours')
          .select(['hour as start', group.as('group'), ...totals])
          .where('user_id', '=', userId)
          .where('hour', '>=', from)
          .where('hour', '<', to)
          .groupBy([sql`1`, sql`2`])
          .execute()
      }
      const start = sql<Date>`date_trunc(${sql.lit(interval)}, day)::timestamp at time zone 'UTC'`
      return kysely
        .selectFrom('usage_days')
        .select([start.as('start'), group.as('group'), ...totals])
        .where('user_id', '=', userId)
        .where('day', '>=', toDay(from))
        .where('day', '<', toDay(to))
        .groupBy([sql`1`, sql`2`])
        .execute()
    },
  }
}

function toDay(at: Date): string {
  return at.toISOString().slice(0, 10)
}
