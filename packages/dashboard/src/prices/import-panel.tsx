import { Stack, Text } from '@mantine/core'
import { CopyField } from '../common/copy-field.tsx'
import { Panel } from '../common/panel.tsx'

/** How many prices are set at once: by the command line, which reads and checks the file. */
export function ImportPanel() {
  return (
    <Panel title="Import a list">
      <Stack gap="md">
        <Text size="sm">
          Run one of these where the server runs. Prices are added, and those of the same model and moment
          replaced; the others stay. Prices change: compare a list with its source before you bill by it.
        </Text>
        <CopyField
          label="The list of OpenAI’s prices that comes with Promptmeter"
          value="npx promptmeter prices import"
        />
        <CopyField label="A file of your own" value="npx promptmeter prices import our-prices.json" />
        <Text size="sm" c="dimmed">
          <code>npx promptmeter prices import --help</code> says what the file holds.
        </Text>
      </Stack>
    </Panel>
  )
}
