import { Stack } from '@mantine/core'
import type { OverviewGroup, OverviewResponse } from '@promptmeter/contract'
import { lazy, Suspense } from 'react'
import { type Address, useAddress } from '../common/address.ts'
import type { ChartMeter } from '../common/chart-series.ts'
import { ErrorView } from '../common/error-view.tsx'
import { Page } from '../common/page.tsx'
import { ActiveUsersPanel } from './active-users-panel.tsx'
import { spanName } from './bucket-words.ts'
import { Freshness } from './freshness.tsx'
import { NearLimitPanel } from './near-limit-panel.tsx'
import css from './overview.module.css'
import { useEverUsed, useOverview } from './overview-queries.ts'
import { readRange } from './overview-range.ts'
import { OverviewTiles } from './overview-tiles.tsx'
import { RangeControl } from './range-control.tsx'
import { RefusalsPanel } from './refusals-panel.tsx'
import { TotalsPanel } from './totals-panel.tsx'
import { UsagePanel } from './usage-panel.tsx'

const FirstCall = lazy(() => import('./first-call.tsx'))

const METERS = { prompts: 'promptCount', tokens: 'tokenCount', cost: 'costMicros' } as const satisfies Record<
  string,
  ChartMeter
>

/** What all users use, who stands where with their limits, and what was refused. */
export default function OverviewPage() {
  const address = useAddress()
  const range = readRange(address.get, Date.now())
  const groupBy = readGroup(address)
  const meter = METERS[address.choice('meter', ['prompts', 'tokens', 'cost'])]
  const query = useOverview(range, groupBy)
  const overview = query.data
  const everUsed = useEverUsed(overview !== undefined && isUnused(overview))

  return (
    <Page title="Overview" about={<Freshness query={query} />} wide>
      <RangeControl range={range} address={address} shown={overview && spanName(overview)} />
      {overview === undefined && query.error !== null ? (
        <ErrorView error={query.error} retry={query.refetch} />
      ) : (
        <Stack
          gap="md"
          {...(query.isPlaceholderData && { className: css.before ?? '' })}
          aria-busy={query.isPending}
        >
          <OverviewTiles overview={overview} />
          {everUsed === false ? (
            <Suspense>
              <FirstCall />
            </Suspense>
          ) : (
            <div className={css.grid}>
              <UsagePanel overview={overview} meter={meter} groupBy={groupBy} address={address} />
              <TotalsPanel overview={overview} meter={meter} groupBy={groupBy} />
              <ActiveUsersPanel overview={overview} />
              <RefusalsPanel overview={overview} />
              <NearLimitPanel near={overview?.users.near} />
            </div>
          )}
        </Stack>
      )}
    </Page>
  )
}

function readGroup(address: Address): OverviewGroup | null {
  const by = address.choice('by', ['none', 'model', 'source', 'plan'])
  return by === 'none' ? null : by
}

function isUnused({ promptCount, tokenCount, costMicros, activeUsers }: OverviewResponse): boolean {
  return promptCount + tokenCount + costMicros + activeUsers === 0
}
