import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import type { AdminUserResponse } from '@promptmeter/contract'
import { Link } from 'wouter'
import { CopyField } from '../../common/copy-field.tsx'

export interface InvitedViewProps {
  readonly user: AdminUserResponse
  readonly onAnother: () => void
  readonly onClose: () => void
}

/** What to tell a user who was added and got no mail. */
export function InvitedView({ user, onAnother, onClose }: InvitedViewProps) {
  return (
    <Stack gap="md">
      <Text role="status">
        <Anchor component={Link} href={`/users/${user.id}`}>
          {user.email}
        </Anchor>{' '}
        was added. No mail was sent: tell them that they can sign in now, in the editor or on this page.
      </Text>
      <CopyField label="Address of the page" value={`${window.location.origin}/`} />
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onAnother}>
          Invite another
        </Button>
        <Button onClick={onClose} data-autofocus>
          Done
        </Button>
      </Group>
    </Stack>
  )
}
