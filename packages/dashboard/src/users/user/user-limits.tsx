import { Skeleton, Stack } from '@mantine/core'
import { IconInfinity } from '@tabler/icons-react'
import { EmptyView } from '../../common/empty-view.tsx'
import { LimitBar } from '../../common/limit-bar.tsx'
import { Panel } from '../../common/panel.tsx'
import { QueryView } from '../../common/query-view.tsx'
import { useUserLimits } from './user-queries.ts'

/** Where the user stands with every limit. */
export function UserLimits({ id }: { readonly id: string }) {
  const query = useUserLimits(id)
  return (
    <Panel title="Limits">
      <QueryView query={query} skeleton={<Skeleton height={140} aria-busy="true" />}>
        {({ limits }) =>
          limits.length === 0 ? (
            <EmptyView title="Nothing is limited" icon={IconInfinity}>
              Neither the plan nor anything set for this user has a limit.
            </EmptyView>
          ) : (
            <Stack gap="lg">
              {limits.map((limit) => (
                <LimitBar key={`${limit.meter}/${limit.window}`} limit={limit} />
              ))}
            </Stack>
          )
        }
      </QueryView>
    </Panel>
  )
}
