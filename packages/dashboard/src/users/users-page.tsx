import { Button, Group } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconDownload, IconFileImport, IconUserPlus, IconUsers } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { Link } from 'wouter'
import { addressOf } from '../api/request.ts'
import { EmptyView } from '../common/empty-view.tsx'
import { useWanted } from '../common/lazy-confirm-dialog.tsx'
import { Page } from '../common/page.tsx'
import { FilterBar } from './list/filter-bar.tsx'
import { useUserList } from './list/use-user-list.ts'
import { UserList } from './list/user-list.tsx'

const InviteDialog = lazy(() => import('./list/invite-dialog.tsx'))

/** Where a table of users has no room beside the navigation. */
const NARROW = '(max-width: 61.99em)'

/** Who there is, what they use, and how near they are to their limits. */
export default function UsersPage() {
  const list = useUserList()
  const narrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false }) ?? false
  const [inviting, setInviting] = useState(false)
  const dialogWanted = useWanted(inviting)

  const invite = (
    <Button leftSection={<IconUserPlus size={16} aria-hidden="true" />} onClick={() => setInviting(true)}>
      Invite user
    </Button>
  )
  const importLink = (
    <Button
      component={Link}
      href="/users/import"
      variant="default"
      leftSection={<IconFileImport size={16} aria-hidden="true" />}
    >
      Import
    </Button>
  )
  return (
    <Page
      title="Users"
      actions={
        <>
          <Button
            component="a"
            href={addressOf('/api/admin/users/export', { ...list.filters, ...list.order })}
            download
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden="true" />}
          >
            Export CSV
          </Button>
          {importLink}
          {invite}
        </>
      }
    >
      <FilterBar list={list} narrow={narrow} />
      <UserList
        list={list}
        narrow={narrow}
        whenNone={
          <EmptyView title="There are no users yet" icon={IconUsers}>
            Invite the first one, or bring them along from an older backend.
            <Group justify="center" mt="sm" gap="sm">
              {invite}
              {importLink}
            </Group>
          </EmptyView>
        }
      />
      {dialogWanted && (
        <Suspense>
          <InviteDialog opened={inviting} onClose={() => setInviting(false)} />
        </Suspense>
      )}
    </Page>
  )
}
