import { Anchor, Button, Group, Skeleton, Stack, Tabs, Text } from '@mantine/core'
import { useState } from 'react'
import { useAddress } from '../common/address.ts'
import { CopyField } from '../common/copy-field.tsx'
import { Panel } from '../common/panel.tsx'
import { QueryView } from '../common/query-view.tsx'
import { useMe } from './account-queries.ts'
import { CLIENTS, type Client, type ConnectFacts, clientSetup } from './client-setup.ts'

const CLIENT_NAMES: Record<Client, string> = {
  vscode: 'VS Code extension',
  continue: 'Continue',
  cline: 'Cline',
  typescript: 'TypeScript',
  python: 'Python',
  curl: 'curl',
}
const MASKED = 'pm_••••••••••••••••'

/** How an editor, or anything that speaks with OpenAI, is led here. */
export function Connect() {
  const query = useMe()
  return (
    <Panel title="Connect an editor or an OpenAI client">
      <QueryView query={query} skeleton={<Skeleton height={300} aria-busy="true" />}>
        {({ apiKey }) => <Clients apiKey={apiKey} />}
      </QueryView>
    </Panel>
  )
}

function Clients({ apiKey }: { readonly apiKey: string }) {
  const address = useAddress()
  const client = address.choice('connect', CLIENTS)
  const [shown, setShown] = useState(false)
  return (
    <Tabs value={client} onChange={(value) => address.change({ connect: value }, { replace: true })}>
      <Tabs.List
        aria-label="What to connect"
        style={{ flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden' }}
      >
        {CLIENTS.map((each) => (
          <Tabs.Tab key={each} value={each} style={{ flex: 'none' }}>
            {CLIENT_NAMES[each]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {CLIENTS.map((each) => (
        <Tabs.Panel key={each} value={each} pt="md">
          {each === client && (
            <Setup client={each} apiKey={apiKey} shown={shown} onShow={() => setShown(!shown)} />
          )}
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}

interface SetupProps {
  readonly client: Client
  readonly apiKey: string
  readonly shown: boolean
  readonly onShow: () => void
}

function Setup({ client, apiKey, shown, onShow }: SetupProps) {
  const facts: ConnectFacts = { origin: window.location.origin, apiKey }
  const { about, fields, usesKey } = clientSetup(client, facts)
  const masked = clientSetup(client, { ...facts, apiKey: MASKED }).fields
  return (
    <Stack gap="md" maw="52rem">
      <Text size="sm">{about}</Text>
      {fields.map(({ label, value }, index) => (
        <CopyField
          key={label}
          label={label}
          value={value}
          {...(!shown && { shown: masked[index]?.value ?? MASKED })}
        />
      ))}
      {usesKey && (
        <Group gap="sm" align="flex-start" justify="space-between">
          <Text size="sm" c="dimmed" flex="1 1 20rem">
            This is the key of this page’s own session: it may do what you may, and it ends when you sign out
            here. For a tool that keeps its key in a file, create a key below and put it in its place.
          </Text>
          <Button variant="default" size="xs" onClick={onShow} aria-pressed={shown}>
            {shown ? 'Hide the key' : 'Show the key'}
          </Button>
        </Group>
      )}
      <Text size="sm" c="dimmed">
        Every endpoint is in the{' '}
        <Anchor href="/docs" fz="sm" underline="always">
          API reference
        </Anchor>
        .
      </Text>
    </Stack>
  )
}
