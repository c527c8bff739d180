import { Anchor, List, Stack, Text } from '@mantine/core'
import { Link } from 'wouter'
import { CopyField } from '../common/copy-field.tsx'
import { Panel } from '../common/panel.tsx'

/** What to do on a server that nothing was counted on yet. */
export default function FirstCall() {
  const command = [
    `curl ${window.location.origin}/trackUsage`,
    `-H "authorization: Bearer $API_KEY"`,
    `-H 'content-type: application/json'`,
    `-d '{"usage":1,"tokenCount":420,"model":"gpt-5-mini"}'`,
  ].join(' \\\n  ')
  return (
    <Panel title="Count the first prompt">
      <Stack gap="md" maw="48rem">
        <Text size="sm">Nothing was counted yet. As soon as it is, this page shows it.</Text>
        <List type="ordered" size="sm" spacing="xs">
          <List.Item>
            <Anchor component={Link} href="/users" inherit underline="always">
              Add or invite a user
            </Anchor>
            .
          </List.Item>
          <List.Item>
            They sign in, in their editor or on this page, and make an API key under My usage.
          </List.Item>
          <List.Item>Their editor counts what they use. To try it by hand, send this with the key:</List.Item>
        </List>
        <CopyField label="First call" value={command} />
        <Text size="sm">
          Everything else that can be called is in the{' '}
          <Anchor href="/docs" inherit underline="always">
            API reference
          </Anchor>
          .
        </Text>
      </Stack>
    </Panel>
  )
}
