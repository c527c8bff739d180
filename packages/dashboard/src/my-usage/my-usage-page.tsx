import { Grid, Skeleton } from '@mantine/core'
import { lazy } from 'react'
import { useAddress } from '../common/address.ts'
import { Page } from '../common/page.tsx'
import { UsagePanel } from '../common/usage-panel.tsx'
import { WhenNear } from '../common/when-near.tsx'
import { useSession } from '../session/session.tsx'
import { ME_KEY } from './account-queries.ts'
import { MyLimits } from './my-limits.tsx'

const Account = lazy(() => import('./account.tsx'))

export default function MyUsagePage() {
  const { user } = useSession()
  // Its dialog is down there, and a sign-in leads back to it.
  const deleting = useAddress().get('delete') !== null
  return (
    <Page title="My usage" about={user?.email}>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <MyLimits />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <UsagePanel path="/api/me/usage" queryKey={[...ME_KEY, 'usage']} split="model" />
        </Grid.Col>
      </Grid>
      <WhenNear placeholder={<Skeleton height={1200} animate={false} />} now={deleting}>
        <Account />
      </WhenNear>
    </Page>
  )
}
