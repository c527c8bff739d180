import { Group, SegmentedControl, Skeleton } from '@mantine/core'
import type { OverviewGroup, OverviewResponse } from '@promptmeter/contract'
import type { Address } from '../common/address.ts'
import { CHART_METER_NAMES, type ChartMeter } from '../common/chart-series.ts'
import { Panel } from '../common/panel.tsx'
import { UsageChart } from '../common/usage-chart.tsx'
import { spanName } from './bucket-words.ts'
import css from './overview.module.css'

export interface UsagePanelProps {
  readonly overview: OverviewResponse | undefined
  readonly meter: ChartMeter
  readonly groupBy: OverviewGroup | null
  readonly address: Address
}

const METERS = [
  { value: 'prompts', label: 'Prompts', meter: 'promptCount' },
  { value: 'tokens', label: 'Tokens', meter: 'tokenCount' },
  { value: 'cost', label: 'Cost', meter: 'costMicros' },
]

const SPLITS = [
  { value: 'none', label: 'All' },
  { value: 'model', label: 'By model' },
  { value: 'source', label: 'By source' },
  { value: 'plan', label: 'By plan' },
]

/** Usage over time. */
export function UsagePanel({ overview, meter, groupBy, address }: UsagePanelProps) {
  const controls = (
    <Group gap="xs">
      <SegmentedControl
        size="xs"
        aria-label="Meter"
        value={METERS.find((choice) => choice.meter === meter)?.value ?? 'prompts'}
        onChange={(value) => address.change({ meter: value === 'prompts' ? null : value })}
        data={METERS.map(({ value, label }) => ({ value, label }))}
      />
      <SegmentedControl
        size="xs"
        aria-label="Split"
        value={groupBy ?? 'none'}
        onChange={(value) => address.change({ by: value === 'none' ? null : value })}
        data={SPLITS}
      />
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
