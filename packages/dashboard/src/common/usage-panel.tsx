import { Box, Group, SegmentedControl, Skeleton, Stack } from '@mantine/core'
import type { UsageGroup, UsageHistoryResponse } from '@promptmeter/contract'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { useAddress } from './address.ts'
import { CHART_METER_NAMES, CHART_METERS, type ChartMeter } from './chart-series.ts'
import { EmptyView } from './empty-view.tsx'
import { Panel } from './panel.tsx'
import { QueryView } from './query-view.tsx'
import { UsageChart } from './usage-chart.tsx'
import { rangeQuery, USAGE_RANGES, type UsageRange } from './usage-range.ts'
import { UsageTotals, UsageTotalsSkeleton } from './usage-totals.tsx'

export interface UsagePanelProps {
  /** Where the history is: `/api/me/usage`, or that of one user. */
  readonly path: string
  /** What the answers are kept under; invalidated with what stands before it. */
  readonly queryKey: readonly unknown[]
  /** How it is split where the address does not say. */
  readonly split: UsageSplit
}

export type UsageSplit = UsageGroup | 'none'

const RANGE_NAMES: Record<UsageRange, string> = {
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
  '12m': '12 months',
}
const RANGE_ORDER = ['24h', '7d', '30d', '12m'] as const
const SPLIT_ORDER = ['none', 'model', 'source'] as const
const SPLIT_NAMES: Record<UsageSplit, string> = {
  none: 'All',
  model: 'By model',
  source: 'By source',
}
/** The chart with its legend: what stands in its place is as high. */
const CHART_HEIGHT = 312

/** The usage of one user over time. Range, meter and split stand in the address. */
export function UsagePanel({ path, queryKey, split: usual }: UsagePanelProps) {
  const address = useAddress()
  const range = address.choice('range', USAGE_RANGES)
  const meter = address.choice('meter', CHART_METERS)
  const split = address.choice('split', [usual, ...SPLIT_ORDER])
  const { from, interval } = rangeQuery(range, Date.now())
  const groupBy = split === 'none' ? null : split
  const query = useQuery({
    queryKey: [...queryKey, { from, interval, groupBy }],
    queryFn: ({ signal }) =>
      request<UsageHistoryResponse>('GET', path, { query: { from, interval, groupBy }, signal }),
    placeholderData: keepPreviousData,
  })
  return (
    <Panel
      title="Usage"
      actions={
        <SegmentedControl
          aria-label="Range"
          size="xs"
          value={range}
          onChange={(value) => address.change({ range: value })}
          data={RANGE_ORDER.map((value) => ({ value, label: RANGE_NAMES[value] }))}
        />
      }
    >
      <Group gap="sm" mb="md">
        <SegmentedControl
          aria-label="What is shown"
          size="xs"
          value={meter}
          onChange={(value) => address.change({ meter: value })}
          data={CHART_METERS.map((value) => ({ value, label: CHART_METER_NAMES[value] }))}
        />
        <SegmentedControl
          aria-label="Split"
          size="xs"
          value={split}
          onChange={(value) => address.change({ split: value })}
          data={SPLIT_ORDER.map((value) => ({ value, label: SPLIT_NAMES[value] }))}
        />
      </Group>
      <QueryView query={query} skeleton={<UsageSkeleton />}>
        {(history) => <UsageOverTime history={history} meter={meter} range={range} split={split} />}
      </QueryView>
    </Panel>
  )
}

interface UsageOverTimeProps {
  readonly history: UsageHistoryResponse
  readonly meter: ChartMeter
  readonly range: UsageRange
  readonly split: UsageSplit
}

function UsageOverTime({ history, meter, range, split }: UsageOverTimeProps) {
  const name = CHART_METER_NAMES[meter]
  const label = `${name} in the last ${RANGE_NAMES[range]}${split === 'none' ? '' : `, by ${split}`}`
  return (
    <Group align="flex-start" gap="lg">
      <Box flex="3 1 26rem" miw={0} mih={CHART_HEIGHT}>
        {history[meter] === 0 ? (
          <EmptyView
            title={meter === 'costMicros' ? 'No cost in this time' : `No ${name.toLowerCase()} in this time`}
          >
            {meter === 'costMicros'
              ? 'Calls of the gateway cost something once their model has a price.'
              : 'What is used appears here within a moment.'}
          </EmptyView>
        ) : (
          <UsageChart buckets={history.buckets} interval={history.interval} meter={meter} label={label} />
        )}
      </Box>
      <Box flex="1 1 13rem">
        <UsageTotals history={history} meter={meter} split={split} />
      </Box>
    </Group>
  )
}

function UsageSkeleton() {
  return (
    <Group align="flex-start" gap="lg" aria-busy="true">
      <Box flex="3 1 26rem" miw={0}>
        <Skeleton height={CHART_HEIGHT} />
      </Box>
      <Stack flex="1 1 13rem">
        <UsageTotalsSkeleton />
      </Stack>
    </Group>
  )
}
