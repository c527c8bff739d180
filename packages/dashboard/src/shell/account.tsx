import {
  Anchor,
  Button,
  Group,
  SegmentedControl,
  Stack,
  Text,
  useMantineColorScheme,
  VisuallyHidden,
} from '@mantine/core'
import { IconDeviceDesktop, IconLogout, IconMoon, IconSun } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { notifyFailure } from '../common/notify.ts'
import { useSession } from '../session/session.tsx'

const SCHEMES = [
  { value: 'light', label: 'Light', icon: IconSun },
  { value: 'dark', label: 'Dark', icon: IconMoon },
  { value: 'auto', label: 'As the system', icon: IconDeviceDesktop },
] as const

/** Who is signed in, how the page looks, and the way out. */
export function Account() {
  const { user, operator, version } = useSession()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const signOut = useMutation({
    mutationFn: () => request('DELETE', '/api/browser-session'),
    // Loaded anew: nothing of this session may stay in the memory of the page.
    onSuccess: () => window.location.assign('/'),
    onError: notifyFailure,
  })
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500} truncate title={user?.email}>
        {operator ? 'Operator' : user?.email}
      </Text>
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label="Appearance"
        value={colorScheme}
        onChange={setColorScheme}
        data={SCHEMES.map(({ value, label, icon: Icon }) => ({
          value,
          label: (
            <Group justify="center" title={label}>
              <Icon size={16} aria-hidden="true" />
              <VisuallyHidden>{label}</VisuallyHidden>
            </Group>
          ),
        }))}
      />
      <Button
        variant="default"
        size="xs"
        leftSection={<IconLogout size={16} aria-hidden="true" />}
        onClick={() => signOut.mutate()}
        loading={signOut.isPending}
      >
        Sign out
      </Button>
      <Text size="xs" c="dimmed">
        Promptmeter {version} ·{' '}
        <Anchor href="/docs" inherit underline="always">
          API reference
        </Anchor>
      </Text>
    </Stack>
  )
}
