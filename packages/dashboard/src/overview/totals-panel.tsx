import { Box } from '@mantine/core'
import type { OverviewGroup, OverviewResponse } from '@promptmeter/contract'
import { CHART_METER_NAMES, type ChartMeter } from '../common/chart-series.ts'
import { RowsSkeleton } from '../common/page-skeleton.tsx'
import { Panel } from '../common/panel.tsx'
import { PlainTable } from '../common/plain-table.tsx'
import { BucketTable } from './bucket-table.tsx'
import { GroupTable } from './group-table.tsx'
import css from './overview.module.css'

export interface TotalsPanelProps {
  readonly overview: OverviewResponse | undefined
  readonly meter: ChartMeter
  readonly groupBy: OverviewGroup | null
}

/** The numbers of the chart, for who wants to read them: by what it is split by, or by time. */
export function TotalsPanel({ overview, meter, groupBy }: TotalsPanelProps) {
  const title = `${CHART_METER_NAMES[meter]} by ${groupBy ?? overview?.interval ?? 'day'}`
  return (
    <div className={css.narrow}>
      <Panel title={title}>
        <Box className={css.rows} tabIndex={0} role="group" aria-label={title}>
          {overview === undefined ? (
            <RowsSkeleton rows={8} />
          ) : (
            <PlainTable label={title}>
              {overview.groups === undefined ? (
                <BucketTable buckets={overview.buckets} interval={overview.interval} meter={meter} />
              ) : (
                <GroupTable groups={overview.groups} buckets={overview.buckets} meter={meter} />
              )}
            </PlainTable>
          )}
        </Box>
      </Panel>
    </div>
  )
}
