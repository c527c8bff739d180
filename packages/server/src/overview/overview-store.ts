import { MAX_COUNT, type OverviewGroup, type UsageInterval } from '@promptmeter/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../database/database.ts'
import type { HistoryRange } from '../usage/history-range.ts'
import { bucketStart, ROLLUPS } from '../usage/rollup.ts'
import type { OverviewRows } from './overview.ts'

/** Names are the users' own, and there is no end of them: the largest groups of the range are told apart. */
const LARGEST_GROUPS = 30

/** What stands for all other groups, as in the rollups. */
const OTHER = 'other'

const GROUPS: Record<OverviewGroup, string> = {
  model: 'r.model',
  source: 'r.source',
  plan: "coalesce(u.plan, '')",
}

interface Row {
  /** Null for the whole range. */
  readonly start: Date | null
  readonly group: string | null
  readonly prompts: number
  readonly tokens: number
  readonly cost: number
  /** Null in rows of usage. */
  readonly active: number | null
}

export type OverviewStore = ReturnType<typeof createOverviewStore>

export function createOverviewStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    /**
     * The usage of all users, from the rollups, in one statement: of one moment. It is not prepared by name, for a plan
     * that fits any range fits a year badly.
     */
    async readUsage(range: HistoryRange, groupBy: OverviewGroup | undefined): Promise<OverviewRows> {
      const { rows } = await sql<Row>`
        ${usageIn(range, groupBy)}
        union all ${activeByBucket(range)}
        union all ${activeInAll(range)}`.execute(kysely)
      const active = rows.filter((row) => row.active !== null)
      return {
        usage: rows.flatMap(({ start, ...row }) =>
          start === null || row.active !== null ? [] : [{ start, ...row }],
        ),
        activeByStart: new Map(active.map(({ start, active }) => [start?.getTime(), active ?? 0])),
        activeUsers: active.find(({ start }) => start === null)?.active ?? 0,
      }
    },
  }
}

/** Rows of `r`, the rollup, within the range. */
function rowsOf(
  { interval, from, to }: HistoryRange,
  join: RawBuilder<unknown> = sql``,
): RawBuilder<unknown> {
  const { table, at, type } = ROLLUPS[interval]
  const [column, cast] = [sql.ref(`r.${at}`), sql.raw(`::${type}`)]
  return sql`from ${sql.table(table)} as r ${join}
    where ${column} >= ${from.toISOString()}${cast} and ${column} < ${to.toISOString()}${cast}`
}

const startOf = (interval: UsageInterval) => sql.raw(bucketStart(interval, 'bucket'))

function usageIn(range: HistoryRange, groupBy: OverviewGroup | undefined): RawBuilder<unknown> {
  const join = groupBy === 'plan' ? sql`left join users as u on u.id = r.user_id` : sql``
  const group = groupBy === undefined ? sql`null::text` : sql.raw(GROUPS[groupBy])
  const used = sql`used as (
    select ${sql.raw(ROLLUPS[range.interval].bucket)} as bucket, ${group} as "group", sum(r.prompts) as prompts,
      sum(r.tokens) as tokens, sum(r.cost_micros) as cost
    ${rowsOf(range, join)} group by 1, 2)`
  const totals = sql`${capped('prompts')} as prompts, ${capped('tokens')} as tokens, ${capped('cost')} as cost,
    null::bigint as active`
  if (groupBy === undefined)
    return sql`with ${used}
      select ${startOf(range.interval)} as start, "group", ${totals} from used group by bucket, "group"`
  return sql`with ${used}, largest as (
      select "group" from used group by 1 order by sum(tokens) desc, sum(prompts) desc, "group"
      limit ${LARGEST_GROUPS}),
    named as (
      select bucket, case when "group" in (select "group" from largest) then "group" else ${OTHER} end as "group",
        prompts, tokens, cost from used)
    select ${startOf(range.interval)} as start, "group", ${totals} from named group by bucket, "group"`
}

/** What many users say of themselves may add up to more than JSON carries exactly. */
function capped(column: string): RawBuilder<number> {
  return sql`least(sum(${sql.ref(column)}), ${sql.lit(MAX_COUNT)})::bigint`
}

/** A call that counts nothing leaves a row of zeros, and so does usage that was corrected away. */
const WITH_USAGE = sql`and (r.prompts > 0 or r.tokens > 0 or r.cost_micros > 0)`

/**
 * By hour and day there are nearly as many users and buckets as rows, and an index has them in the order of buckets:
 * each is sorted by itself. By month there are few, which fit in memory.
 */
function activeByBucket(range: HistoryRange): RawBuilder<unknown> {
  const { interval } = range
  const bucket = sql.raw(ROLLUPS[interval].bucket)
  const active =
    interval === 'month'
      ? sql`select bucket, count(*) as active from (
          select ${bucket} as bucket, r.user_id ${rowsOf(range)} ${WITH_USAGE} group by 1, 2) as users_of_months group by 1`
      : sql`select ${bucket} as bucket, count(distinct r.user_id) as active
          ${rowsOf(range)} ${WITH_USAGE} group by 1`
  return sql`select ${startOf(interval)}, null, 0, 0, 0, active from (${active}) as by_bucket`
}

function activeInAll(range: HistoryRange): RawBuilder<unknown> {
  return sql`select null, null, 0, 0, 0, count(*) from (
    select r.user_id ${rowsOf(range)} ${WITH_USAGE} group by 1) as users_of_range`
}
