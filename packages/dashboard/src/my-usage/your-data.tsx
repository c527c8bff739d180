import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { ApiError } from '../api/request.ts'
import { useAddress } from '../common/address.ts'
import { LazyConfirmDialog } from '../common/lazy-confirm-dialog.tsx'
import { Panel } from '../common/panel.tsx'
import { useSession } from '../session/session.tsx'
import { GOODBYE_ADDRESS, signInAddress } from '../session/welcome.tsx'
import { useDeleteAccount } from './account-queries.ts'

/** Taking everything along, and leaving. */
export function YourData() {
  const { user } = useSession()
  const address = useAddress()
  const remove = useDeleteAccount()
  const tooOld = remove.error instanceof ApiError && remove.error.code === 'sign_in_again'
  return (
    <Panel title="Your data">
      <Stack gap="md">
        <Group justify="space-between" gap="sm">
          <Text size="sm" flex="1 1 18rem">
            Everything that is kept of you, as one JSON file: your account, sessions, keys, usage and what the
            audit log says of you.
          </Text>
          <Button
            component="a"
            href="/api/me/export"
            download
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden="true" />}
          >
            Export my data
          </Button>
        </Group>
        <Group justify="space-between" gap="sm">
          <Text size="sm" flex="1 1 18rem">
            Your account with everything kept of it, for good.
          </Text>
          {/* In the address, for the sign-in that it may need leads back to it. */}
          <Button variant="light" color="red" onClick={() => address.change({ delete: '1' })}>
            Delete my account
          </Button>
        </Group>
      </Stack>
      {user !== null && (
        <LazyConfirmDialog
          opened={address.get('delete') === '1'}
          onClose={() => {
            remove.reset()
            address.change({ delete: null }, { replace: true })
          }}
          title="Delete my account"
          action="Delete for good"
          typed={user.email}
          busy={remove.isPending}
          error={tooOld ? null : remove.error}
          onConfirm={() =>
            remove.mutate(undefined, {
              // Loaded anew: nothing of who is gone may stay in the memory of the page.
              onSuccess: () => window.location.replace(GOODBYE_ADDRESS),
            })
          }
        >
          <Stack gap="sm">
            <Text size="sm">
              Your account, sessions, API keys, usage and history go for good, and every editor that you are
              signed in with stops. It cannot be undone.
            </Text>
            {tooOld && (
              <Text size="sm" role="alert" c="var(--mantine-color-error)">
                To be sure that it is you, this needs a sign-in of the last ten minutes.{' '}
                <Anchor href={signInAddress('/usage?delete=1')} fz="sm" underline="always">
                  Sign in again
                </Anchor>
                , then delete.
              </Text>
            )}
          </Stack>
        </LazyConfirmDialog>
      )}
    </Panel>
  )
}
