import { Group, Skeleton } from '@mantine/core'
import type { OverviewResponse } from '@promptmeter/contract'
import type { Address } from '../common/address.ts'
import { CHART_METER_NAMES, type ChartMeter } from '../common/chart-series.ts'
import { Panel } from '../common/panel.tsx'
import { UsageChart } from '../common/usage-chart.tsx'
import { MeterChoice, SplitChoice, type UsageSplit } from '../common/usage-choices.tsx'
import { spanName } from './bucket-words.ts'
import css from './overview.module.css'

export interface UsageChartPanelProps {
  readonly overview: OverviewResponse | undefined
  readonly meter: ChartMeter
  readonly split: UsageSplit
  readonly address: Address
}

/** What usage of all may be split by; not at all when nobody asks. */
export const OVERVIEW_SPLITS = ['none', 'model', 'source', 'plan'] as const

/** Usage over time. */
export function UsageChartPanel({ overview, meter, split, address }: UsageChartPanelProps) {
  const controls = (
    <Group gap="xs">
      <MeterChoice meter={meter} address={address} />
      <SplitChoice split={split} usual={OVERVIEW_SPLITS[0]} splits={OVERVIEW_SPLITS} address={address} />
    </Group>
  )
  return (
    <div className={css.wide}>
      <Panel title="Usage" actions={controls}>
        <div className={css.chart}>
          {overview === undefined ? (
            <Skeleton h={280} mb={30} />
          ) : (
            <UsageChart
              buckets={overview.buckets}
              interval={overview.interval}
              meter={meter}
              label={`${CHART_METER_NAMES[meter]} by ${overview.interval}, ${spanName(overview)}`}
            />
          )}
        </div>
      </Panel>
    </div>
  )
}
