import type { OverviewBucket, UsageGroupTotal } from '@promptmeter/contract'
import { Amount } from '../common/amount.tsx'
import { CHART_METER_NAMES, type ChartMeter, chartSeries, groupName } from '../common/chart-series.ts'
import { cell } from '../common/plain-table.tsx'
import { percent } from '../shown/numbers.ts'
import css from './overview.module.css'

export interface GroupTableProps {
  readonly groups: readonly UsageGroupTotal[]
  /** Of the chart, whose colours the groups have here too. */
  readonly buckets: readonly OverviewBucket[]
  readonly meter: ChartMeter
}

/** Head and rows: what each group used in the whole range, the largest first. */
export function GroupTable({ groups, buckets, meter }: GroupTableProps) {
  const { series } = chartSeries(buckets, meter)
  const colors = new Map(series.map(({ name, color }) => [name, color]))
  const total = groups.reduce((sum, group) => sum + group[meter], 0)
  return (
    <>
      <thead className={css.head}>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" className={cell.end}>
            {CHART_METER_NAMES[meter]}
          </th>
          <th scope="col" className={cell.end}>
            Share
          </th>
        </tr>
      </thead>
      <tbody>
        {groups
          .toSorted((one, other) => other[meter] - one[meter])
          .map((group) => (
            <tr key={groupName(group)}>
              <th scope="row">
                <span
                  className={css.swatch}
                  style={{ background: colors.get(groupName(group)) ?? series.at(-1)?.color }}
                  aria-hidden="true"
                />
                {groupName(group)}
              </th>
              <td className={cell.end}>
                <Amount value={group[meter]} unit={meter === 'costMicros' ? 'cost' : 'count'} />
              </td>
              <td className={`number ${cell.end}`}>{shareOf(group[meter], total)}</td>
            </tr>
          ))}
        {groups.length === 0 && (
          <tr>
            <td colSpan={3}>Nothing was used in this range.</td>
          </tr>
        )}
      </tbody>
    </>
  )
}

function shareOf(value: number, total: number): string {
  if (value > 0 && value / total < 0.01) return '< 1%'
  return total === 0 ? '–' : percent(value / total)
}
