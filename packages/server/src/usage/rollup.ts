import type { UsageInterval } from '@promptmeter/contract'

/** Which rollup answers for an interval, in SQL: its table, when its rows begin, and the bucket they fall in. */
export interface Rollup {
  readonly table: string
  readonly at: string
  readonly type: string
  readonly bucket: string
}

export const ROLLUPS: Record<UsageInterval, Rollup> = {
  hour: { table: 'usage_hours', at: 'hour', type: 'timestamptz', bucket: 'hour' },
  day: { table: 'usage_days', at: 'day', type: 'date', bucket: 'day' },
  month: { table: 'usage_days', at: 'day', type: 'date', bucket: "date_trunc('month', day::timestamp)" },
}

/** When a bucket begins, in SQL. Days and months are of UTC and know no time zone. */
export function bucketStart(interval: UsageInterval, bucket: string = ROLLUPS[interval].bucket): string {
  return interval === 'hour' ? bucket : `(${bucket})::timestamp at time zone 'UTC'`
}
