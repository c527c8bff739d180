import type { UsageGroupTotal } from '@promptmeter/contract'
import type { Unit } from '../shown/numbers.ts'
import { largestOf, sharesOf } from './group-shares.ts'

/** What a chart shows of each bucket. */
export const CHART_METERS = ['promptCount', 'tokenCount', 'costMicros'] as const
export type ChartMeter = (typeof CHART_METERS)[number]
export const CHART_METER_NAMES: Record<ChartMeter, string> = {
  promptCount: 'Prompts',
  tokenCount: 'Tokens',
  costMicros: 'Cost',
}

export const unitOf = (meter: ChartMeter): Unit => (meter === 'costMicros' ? 'cost' : 'count')

export interface ChartBucket extends Readonly<Record<ChartMeter, number>> {
  readonly start: string
  readonly groups?: readonly UsageGroupTotal[]
}

export interface ChartSeries {
  /** Its field in every row. */
  readonly key: string
  readonly name: string
  readonly color: string
}

const COLORS = ['accent-6', 'teal-6', 'orange-5', 'grape-5', 'lime-7', 'pink-5', 'cyan-6', 'gray-5']

/** The bars of a chart and their heights: one series, or one for each of the largest groups and one for all others. */
export function chartSeries(buckets: readonly ChartBucket[], meter: ChartMeter) {
  const shown = largestOf(sharesOf(groupsOf(buckets), meter)).map(({ name }) => name)
  const series = (shown.length === 0 ? [CHART_METER_NAMES[meter]] : shown).map(
    (name, index): ChartSeries => ({
      key: `s${index}`,
      name,
      color: `var(--mantine-color-${COLORS[index % COLORS.length]})`,
    }),
  )
  const rows = buckets.map((bucket) => {
    const row: Record<string, string | number> = { start: bucket.start }
    if (shown.length === 0) return { ...row, s0: bucket[meter] }
    for (const { key } of series) row[key] = 0
    for (const { name, value } of sharesOf(bucket.groups ?? [], meter)) {
      const key = `s${shown.includes(name) ? shown.indexOf(name) : shown.length - 1}`
      row[key] = Number(row[key]) + value
    }
    return row
  })
  return { series, rows }
}

export function groupsOf(buckets: readonly ChartBucket[]): UsageGroupTotal[] {
  return buckets.flatMap(({ groups = [] }) => groups)
}
