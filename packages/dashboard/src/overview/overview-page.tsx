import { Stack } from '@mantine/core'
import type { OverviewResponse } from '@promptmeter/contract'
import { lazy, Suspense } from 'react'
import { useAddress } from '../common/address.ts'
import { ErrorView } from '../common/error-view.tsx'
import { Page } from '../common/page.tsx'
import { readMeter } from '../common/usage-choices.tsx'
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
import { OVERVIEW_SPLITS, UsageChartPanel } from './usage-chart-panel.tsx'

const FirstCall = lazy(() => import('./first-call.tsx'))

/** What all users use, who stands where with their limits, and what was refused. */
export default function OverviewPage() {
  const address = useAddress()
  const range = readRange(address.get, Date.now())
  const split = address.choice('by', OVERVIEW_SPLITS)
  const groupBy = split === 'none' ? null : split
  const meter = readMeter(address)
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
              <UsageChartPanel overview={overview} meter={meter} split={split} address={address} />
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

function isUnused({ promptCount, tokenCount, costMicros, activeUsers }: OverviewResponse): boolean {
  return promptCount + tokenCount + costMicros + activeUsers === 0
}
