import { Box, Group, Skeleton, Stack } from '@mantine/core'
import type { UsageGroup, UsageHistoryResponse } from '@promptmeter/contract'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { useAddress } from './address.ts'
import { CHART_METER_NAMES, type ChartMeter } from './chart-series.ts'
import { EmptyView } from './empty-view.tsx'
import { Panel } from './panel.tsx'
import { QueryView } from './query-view.tsx'
import { UsageChart } from './usage-chart.tsx'
import { AddressChoice, MeterChoice, RANGE_NAMES, readMeter, SplitChoice } from './usage-choices.tsx'
import { rangeQuery, USAGE_RANGES, type UsageRange } from './usage-range.ts'
import { UsageTotals, UsageTotalsSkeleton } from './usage-totals.tsx'

export interface UsagePanelProps {
  /** Where the history is: `/api/me/usage`, or that of one user. */
  readonly path: string
  /** What the answers are kept under; invalidated with what stands before it. */
  readonly queryKey: readonly unknown[]
  /** How it is split where the address does not say. */
  readonly split: OwnSplit
}

/** Of one user there is no plan to split by. */
type OwnSplit = UsageGroup | 'none'

const RANGE_ORDER = ['day', 'week', 'month', 'year'] as const
const SPLITS = ['none', 'model', 'source'] as const
const SPANS: Record<UsageRange, string> = {
  day: '24 hours',
  week: '7 days',
  month: '30 days',
  year: '12 months',
}
/** The chart with its legend: what stands in its place is as high. */
const CHART_HEIGHT = 312

/** The usage of one user over time. Range, meter and split stand in the address. */
export function UsagePanel({ path, queryKey, split: usual }: UsagePanelProps) {
  const address = useAddress()
  const range = address.choice('range', USAGE_RANGES)
  const meter = readMeter(address)
  const split = address.choice('by', [usual, ...SPLITS])
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
        <AddressChoice
          label="Range"
          name="range"
          value={range}
          usual={USAGE_RANGES[0]}
          choices={RANGE_ORDER.map((value) => ({ value, label: RANGE_NAMES[value] }))}
          address={address}
        />
      }
    >
      <Group gap="sm" mb="md">
        <MeterChoice meter={meter} address={address} />
        <SplitChoice split={split} usual={usual} splits={SPLITS} address={address} />
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
  readonly split: OwnSplit
}

function UsageOverTime({ history, meter, range, split }: UsageOverTimeProps) {
  const name = CHART_METER_NAMES[meter]
  const label = `${name} in the last ${SPANS[range]}${split === 'none' ? '' : `, by ${split}`}`
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
