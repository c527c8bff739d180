import { Box, Skeleton } from '@mantine/core'
import type { OverviewResponse } from '@promptmeter/contract'
import { Panel } from '../common/panel.tsx'
import { ActiveUsersChart } from './active-users-chart.tsx'
import css from './overview.module.css'

/** How many users came, bucket by bucket. */
export function ActiveUsersPanel({ overview }: { readonly overview: OverviewResponse | undefined }) {
  return (
    <div className={css.narrow}>
      <Panel title={`Active users by ${overview?.interval ?? 'day'}`}>
        <Box className={css.short}>
          {overview === undefined ? (
            <Skeleton h={300} />
          ) : (
            <ActiveUsersChart buckets={overview.buckets} interval={overview.interval} />
          )}
        </Box>
      </Panel>
    </div>
  )
}
