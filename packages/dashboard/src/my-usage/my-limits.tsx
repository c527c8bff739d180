import { Badge, Button, Skeleton, Stack } from '@mantine/core'
import { IconArrowUpRight, IconInfinity } from '@tabler/icons-react'
import { EmptyView } from '../common/empty-view.tsx'
import { LimitBar } from '../common/limit-bar.tsx'
import { Panel } from '../common/panel.tsx'
import { QueryView } from '../common/query-view.tsx'
import { useMe } from './account-queries.ts'

/** What is left, and when it begins anew. */
export function MyLimits() {
  const query = useMe()
  const plan = query.data?.plan
  return (
    <Panel
      title="What is left"
      actions={
        plan !== undefined && (
          <Badge variant="light" tt="none">
            plan {plan}
          </Badge>
        )
      }
    >
      <QueryView query={query} skeleton={<Skeleton height={140} aria-busy="true" />}>
        {({ limits, upgradeUrl }) => (
          <Stack gap="lg">
            {limits.length === 0 && (
              <EmptyView title="Nothing is limited" icon={IconInfinity}>
                Your plan has no limits. What you use is counted all the same.
              </EmptyView>
            )}
            {limits.map((limit) => (
              <LimitBar key={`${limit.meter}/${limit.window}`} limit={limit} />
            ))}
            {upgradeUrl !== null && limits.length > 0 && (
              <Button
                component="a"
                href={upgradeUrl}
                variant="light"
                rightSection={<IconArrowUpRight size={16} aria-hidden="true" />}
              >
                Get more
              </Button>
            )}
          </Stack>
        )}
      </QueryView>
    </Panel>
  )
}
