import { percent } from '../shown/numbers.ts'
import { Amount } from './amount.tsx'
import { CHART_METER_NAMES, type ChartMeter, unitOf } from './chart-series.ts'
import css from './group-rows.module.css'
import type { GroupShare } from './group-shares.ts'
import { cell } from './plain-table.tsx'

export interface GroupRowsProps {
  readonly shares: readonly GroupShare[]
  /** What the groups are: `Model`. */
  readonly heading: string
  readonly meter: ChartMeter
  /** The colour that a group has in the chart beside it. */
  readonly colorOf: (name: string) => string | undefined
}

/** Head and rows of a table: what each group used, the largest first. */
export function GroupRows({ shares, heading, meter, colorOf }: GroupRowsProps) {
  return (
    <>
      <thead className={css.head}>
        <tr>
          <th scope="col">{heading}</th>
          <th scope="col" className={cell.end}>
            {CHART_METER_NAMES[meter]}
          </th>
          <th scope="col" className={cell.end}>
            Share
          </th>
        </tr>
      </thead>
      <tbody>
        {shares.map(({ name, value, share }) => (
          <tr key={name}>
            <th scope="row">
              <span className={css.swatch} style={{ background: colorOf(name) }} aria-hidden="true" />
              {name}
            </th>
            <td className={cell.end}>
              <Amount value={value} unit={unitOf(meter)} />
            </td>
            <td className={`number ${cell.end}`}>{percent(share)}</td>
          </tr>
        ))}
        {shares.length === 0 && (
          <tr>
            <td colSpan={3}>Nothing was used in this range.</td>
          </tr>
        )}
      </tbody>
    </>
  )
}
