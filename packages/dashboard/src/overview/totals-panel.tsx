import { Box } from '@mantine/core'
import type { OverviewGroup, OverviewResponse } from '@promptmeter/contract'
import { CHART_METER_NAMES, type ChartMeter, chartSeries } from '../common/chart-series.ts'
import { GroupRows } from '../common/group-rows.tsx'
import { sharesOf } from '../common/group-shares.ts'
import { RowsSkeleton } from '../common/page-skeleton.tsx'
import { Panel } from '../common/panel.tsx'
import { PlainTable } from '../common/plain-table.tsx'
import { BucketTable } from './bucket-table.tsx'
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
                <Groups overview={overview} meter={meter} />
              )}
            </PlainTable>
          )}
        </Box>
      </Panel>
    </div>
  )
}

/** Every group there is; those past the largest have the last colour of the chart together. */
function Groups({ overview, meter }: { readonly overview: OverviewResponse; readonly meter: ChartMeter }) {
  const { series } = chartSeries(overview.buckets, meter)
  const colorOf = (name: string) => (series.find((one) => one.name === name) ?? series.at(-1))?.color
  return (
    <GroupRows
      shares={sharesOf(overview.groups ?? [], meter)}
      heading="Name"
      meter={meter}
      colorOf={colorOf}
    />
  )
}
