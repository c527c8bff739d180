import { Anchor, Button, Grid, Skeleton, Stack } from '@mantine/core'
import type { AdminUserResponse } from '@promptmeter/contract'
import { IconUserOff } from '@tabler/icons-react'
import { Link, useParams } from 'wouter'
import { ApiError } from '../api/request.ts'
import { EmptyView } from '../common/empty-view.tsx'
import { ErrorView } from '../common/error-view.tsx'
import { Page } from '../common/page.tsx'
import { UsagePanel } from '../common/usage-panel.tsx'
import { UserActions } from './user/user-actions.tsx'
import { UserEvents } from './user/user-events.tsx'
import { UserFacts } from './user/user-facts.tsx'
import { UserLimits } from './user/user-limits.tsx'
import { userKey, userPath, useUser } from './user/user-queries.ts'
import { UserSessions } from './user/user-sessions.tsx'

export default function UserPage() {
  const { id = '' } = useParams<{ id: string }>()
  const { data: user, error, refetch } = useUser(id)
  // Shown before there is nothing: a user may be deleted while somebody looks.
  if (error instanceof ApiError && error.code === 'user_not_found') return <NoUser />
  if (user === undefined) {
    return (
      <Page title="User" about={<BackLink />}>
        {error === null ? <UserSkeleton /> : <ErrorView error={error} retry={refetch} />}
      </Page>
    )
  }
  return <ShownUser key={id} user={user} />
}

function ShownUser({ user }: { readonly user: AdminUserResponse }) {
  const { id } = user
  return (
    <Page title={user.email} about={<UserFacts user={user} />} actions={<UserActions user={user} />}>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <UserLimits id={id} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <UsagePanel path={`${userPath(id)}/usage`} queryKey={[...userKey(id), 'usage']} split="none" />
        </Grid.Col>
      </Grid>
      <UserEvents user={user} />
      <UserSessions user={user} />
    </Page>
  )
}

function NoUser() {
  return (
    <Page title="User" about={<BackLink />}>
      <EmptyView title="There is no such user" icon={IconUserOff}>
        <Stack gap="sm" align="center">
          The link may be wrong, or the user was deleted.
          <Button component={Link} href="/users" variant="default" size="xs">
            All users
          </Button>
        </Stack>
      </EmptyView>
    </Page>
  )
}

export function BackLink() {
  return (
    <Anchor component={Link} href="/users" size="sm">
      All users
    </Anchor>
  )
}

function UserSkeleton() {
  return (
    <Grid gap="lg" aria-busy="true">
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <Skeleton height={220} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 8 }}>
        <Skeleton height={420} />
      </Grid.Col>
      <Grid.Col span={12}>
        <Skeleton height={480} />
      </Grid.Col>
    </Grid>
  )
}
