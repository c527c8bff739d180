import type { UsageGroupTotal } from '@promptmeter/contract'

/** What a chart shows of each bucket. */
export const CHART_METERS = ['promptCount', 'tokenCount', 'costMicros'] as const
export type ChartMeter = (typeof CHART_METERS)[number]
export const CHART_METER_NAMES: Record<ChartMeter, string> = {
  promptCount: 'Prompts',
  tokenCount: 'Tokens',
  costMicros: 'Cost',
}

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

/** Groups that get a colour of their own; the smaller ones share one more. */
const MOST_GROUPS = 7
const COLORS = ['accent-6', 'teal-6', 'orange-5', 'grape-5', 'lime-7', 'pink-5', 'cyan-6', 'gray-5']
const colorOf = (index: number) => `var(--mantine-color-${COLORS[index % COLORS.length]})`

/** The bars of a chart and their heights: one series, or one for each of the largest groups and `all others`. */
export function chartSeries(buckets: readonly ChartBucket[], meter: ChartMeter) {
  const totals = new Map<string, number>()
  for (const { groups = [] } of buckets) {
    for (const group of groups)
      totals.set(groupName(group), (totals.get(groupName(group)) ?? 0) + group[meter])
  }
  const names = [...totals].sort(([, one], [, other]) => other - one).map(([name]) => name)
  if (names.length === 0) {
    const series: ChartSeries[] = [{ key: 's0', name: CHART_METER_NAMES[meter], color: colorOf(0) }]
    return { series, rows: buckets.map((bucket) => ({ start: bucket.start, s0: bucket[meter] })) }
  }
  const shown = names.length <= MOST_GROUPS + 1 ? names : [...names.slice(0, MOST_GROUPS), 'all others']
  const keys = new Map(names.map((name, index) => [name, `s${Math.min(index, shown.length - 1)}`]))
  const series = shown.map((name, index): ChartSeries => ({ key: `s${index}`, name, color: colorOf(index) }))
  const rows = buckets.map(({ start, groups = [] }) => {
    const row: Record<string, string | number> = { start }
    for (const { key } of series) row[key] = 0
    for (const group of groups) {
      const key = keys.get(groupName(group)) as string
      row[key] = Number(row[key]) + group[meter]
    }
    return row
  })
  return { series, rows }
}

/** What a group is called. */
export function groupName({ name }: Pick<UsageGroupTotal, 'name'>): string {
  return name ?? 'not named'
}
