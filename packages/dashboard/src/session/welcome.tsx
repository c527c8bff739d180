import { Button, Center, Code, Paper, Stack, Text, Title } from '@mantine/core'
import { useLocation, useSearch } from 'wouter'
import { Brand } from '../shell/brand.tsx'

/** Where a sign-in begins that leads back to `path`. */
export function signInAddress(path: string): string {
  return `/sign-in?to=${encodeURIComponent(path)}`
}

/** Where an account that was deleted is taken leave of. */
export const GOODBYE_ADDRESS = '/usage?goodbye=1'

/** What whoever is not signed in sees. */
export function Welcome({ appName }: { readonly appName: string }) {
  const [path] = useLocation()
  const search = useSearch()
  document.title = `Sign in · ${appName}`
  const address = search === '' ? path : `${path}?${search}`
  const leaving = address === GOODBYE_ADDRESS
  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper withBorder radius="lg" p="xl" maw="26rem" w="100%">
        <Stack gap="md">
          <Brand appName={appName} />
          <Title order={1} size="h2">
            {leaving ? 'Your account is deleted' : 'Your usage, and what is left'}
          </Title>
          <Text>
            {leaving
              ? 'Nothing of you is kept but an id in the audit log. Thank you for having been here, and goodbye.'
              : 'Sign in to see what you used, when it resets, and your API keys.'}
          </Text>
          <Button
            component="a"
            href={signInAddress(leaving ? '/' : address)}
            variant={leaving ? 'default' : 'filled'}
          >
            Sign in
          </Button>
          <Text size="sm" c="dimmed">
            Do you run this server? <Code style={{ whiteSpace: 'nowrap' }}>npx promptmeter admin-link</Code>{' '}
            prints a link that opens this page as the operator, once.
          </Text>
        </Stack>
      </Paper>
    </Center>
  )
}
