import type { OverviewBucket, UsageInterval } from '@promptmeter/contract'
import { Amount } from '../common/amount.tsx'
import { CHART_METER_NAMES, type ChartMeter, unitOf } from '../common/chart-series.ts'
import { cell } from '../common/plain-table.tsx'
import { bucketName } from '../shown/moments.ts'
import css from './overview.module.css'

const INTERVALS = { hour: 'Hour', day: 'Day', month: 'Month' } as const

export interface BucketTableProps {
  readonly buckets: readonly OverviewBucket[]
  readonly interval: UsageInterval
  readonly meter: ChartMeter
}

/** Head and rows: every bucket of the chart, the newest first. */
export function BucketTable({ buckets, interval, meter }: BucketTableProps) {
  return (
    <>
      <thead className={css.head}>
        <tr>
          <th scope="col">{INTERVALS[interval]}</th>
          <th scope="col" className={cell.end}>
            {CHART_METER_NAMES[meter]}
          </th>
          <th scope="col" className={cell.end}>
            Active users
          </th>
        </tr>
      </thead>
      <tbody>
        {buckets.toReversed().map((bucket) => (
          <tr key={bucket.start}>
            <th scope="row">{bucketName(bucket.start, interval)}</th>
            <td className={cell.end}>
              <Amount value={bucket[meter]} unit={unitOf(meter)} />
            </td>
            <td className={cell.end}>
              <Amount value={bucket.activeUsers} />
            </td>
          </tr>
        ))}
      </tbody>
    </>
  )
}
