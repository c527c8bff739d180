import { Group, Skeleton, Stack, Text } from '@mantine/core'
import type { UsageHistoryResponse } from '@promptmeter/contract'
import { percent, type Unit } from '../shown/numbers.ts'
import { Amount } from './amount.tsx'
import { CHART_METER_NAMES, CHART_METERS, type ChartMeter } from './chart-series.ts'
import { cell, PlainTable } from './plain-table.tsx'
import type { UsageSplit } from './usage-panel.tsx'
import { groupShares } from './usage-range.ts'

export interface UsageTotalsProps {
  readonly history: UsageHistoryResponse
  readonly meter: ChartMeter
  readonly split: UsageSplit
}

const unitOf = (meter: ChartMeter): Unit => (meter === 'costMicros' ? 'cost' : 'count')

/** What the chart shows, as numbers: all of the range, and of each group. */
export function UsageTotals({ history, meter, split }: UsageTotalsProps) {
  const shares = split === 'none' ? [] : groupShares(history.buckets, meter)
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
          <thead>
            <tr>
              <th scope="col">{split === 'model' ? 'Model' : 'Source'}</th>
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
                <th scope="row">{name}</th>
                <td className={cell.end}>
                  <Amount value={value} unit={unitOf(meter)} />
                </td>
                <td className={cell.end}>
                  <span className="number">{percent(share)}</span>
                </td>
              </tr>
            ))}
          </tbody>
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
