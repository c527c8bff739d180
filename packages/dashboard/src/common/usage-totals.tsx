import { Group, Skeleton, Stack, Text } from '@mantine/core'
import type { UsageHistoryResponse } from '@promptmeter/contract'
import { Amount } from './amount.tsx'
import {
  CHART_METER_NAMES,
  CHART_METERS,
  type ChartMeter,
  chartSeries,
  groupsOf,
  unitOf,
} from './chart-series.ts'
import { GroupRows } from './group-rows.tsx'
import { largestOf, sharesOf } from './group-shares.ts'
import { PlainTable } from './plain-table.tsx'
import type { UsageSplit } from './usage-choices.tsx'

export interface UsageTotalsProps {
  readonly history: UsageHistoryResponse
  readonly meter: ChartMeter
  readonly split: UsageSplit
}

/** What the chart shows, as numbers: all of the range, and of each group. */
export function UsageTotals({ history, meter, split }: UsageTotalsProps) {
  const shares = largestOf(sharesOf(groupsOf(history.buckets), meter))
  const { series } = chartSeries(history.buckets, meter)
  return (
    <Stack gap="md">
      <Group component="dl" gap="xl" m={0}>
        {CHART_METERS.map((each) => (
          <div key={each}>
            <Text component="dt" size="sm" c="dimmed">
              {CHART_METER_NAMES[each]}
            </Text>
            <Text component="dd" m={0} fw={650} size="xl">
              <Amount value={history[each]} unit={unitOf(each)} />
            </Text>
          </div>
        ))}
      </Group>
      {shares.length > 0 && (
        <PlainTable label={`${CHART_METER_NAMES[meter]} by ${split}`}>
          <GroupRows
            shares={shares}
            heading={split === 'model' ? 'Model' : 'Source'}
            meter={meter}
            colorOf={(name) => series.find((one) => one.name === name)?.color}
          />
        </PlainTable>
      )}
    </Stack>
  )
}

export function UsageTotalsSkeleton() {
  return (
    <>
      <Skeleton height={54} />
      <Skeleton height={120} />
    </>
  )
}
