import { Anchor, Box, Group, Text } from '@mantine/core'
import type { AdminUserResponse } from '@promptmeter/contract'
import { IconCircleCheck } from '@tabler/icons-react'
import { Link } from 'wouter'
import { EmptyView } from '../common/empty-view.tsx'
import { RowsSkeleton } from '../common/page-skeleton.tsx'
import { Panel } from '../common/panel.tsx'
import { QueryView } from '../common/query-view.tsx'
import { percent, shortNumber } from '../shown/numbers.ts'
import css from './overview.module.css'
import { useUsersNearLimit } from './overview-queries.ts'
import { ShareBar } from './share-bar.tsx'

/** Who may need more soon. @param near how many there are, once that is known */
export function NearLimitPanel({ near }: { readonly near: number | undefined }) {
  const query = useUsersNearLimit()
  const all = near !== undefined && near > 0 && (
    <Anchor component={Link} href="/users?standing=near" size="sm">
      Show all {shortNumber(near)}
    </Anchor>
  )
  return (
    <div className={css.last}>
      <Panel title="Near or at a limit" actions={all}>
        <Box className={css.short}>
          <QueryView query={query} skeleton={<RowsSkeleton rows={5} height={32} />}>
            {({ users }) =>
              users.length === 0 ? (
                <EmptyView title="Everybody has room" icon={IconCircleCheck}>
                  Users who have used 80% of a limit are shown here.
                </EmptyView>
              ) : (
                <ul className={css.list}>
                  {users.map((user) => (
                    <li key={user.id}>
                      <UserRow user={user} />
                    </li>
                  ))}
                </ul>
              )
            }
          </QueryView>
        </Box>
      </Panel>
    </div>
  )
}

function UserRow({ user: { id, email, plan, usedShare } }: { readonly user: AdminUserResponse }) {
  const share = usedShare ?? 0
  return (
    <Link href={`/users/${id}`} className={css.row ?? ''}>
      <Group justify="space-between" wrap="nowrap" gap="sm" align="baseline">
        <Text size="sm" truncate className={css.name ?? ''} title={email}>
          {email}
        </Text>
        <Text size="xs" c="dimmed" className="number">
          {plan} · {percent(share)}
        </Text>
      </Group>
      <ShareBar share={share} color={share >= 1 ? 'red-6' : 'orange-6'} />
    </Link>
  )
}
