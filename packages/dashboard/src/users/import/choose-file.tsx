import { Alert, Button, Code, FileButton, Stack, Text } from '@mantine/core'
import { IconFileTypeCsv } from '@tabler/icons-react'
import { type DragEvent, useState } from 'react'
import { Panel } from '../../common/panel.tsx'
import css from './import.module.css'

const EXAMPLE = 'email,promptCount,tokenCount,createdAt\nanna@example.com,120,48000,2025-03-01'

export interface ChooseFileProps {
  readonly onChoose: (file: File) => void
  /** Why the file that was chosen before cannot be read. */
  readonly problem: string | null
}

/** Takes a file by its name or by dropping it. */
export function ChooseFile({ onChoose, problem }: ChooseFileProps) {
  const [over, setOver] = useState(false)
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    const file = event.dataTransfer.files[0]
    if (file !== undefined) onChoose(file)
  }
  return (
    <Panel title="The file">
      <Stack gap="md">
        {problem !== null && (
          <Alert color="red" role="alert" title="This file cannot be imported">
            {problem}
          </Alert>
        )}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button is for everybody */}
        <div
          className={`${css.drop} ${over ? css.over : ''}`}
          onDragOver={(event) => {
            event.preventDefault()
            setOver(true)
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <Stack gap="xs" align="center">
            <IconFileTypeCsv size={36} stroke={1.5} aria-hidden="true" />
            <Text fw={600}>Drop a CSV file here</Text>
            <FileButton
              onChange={(file) => file !== null && onChoose(file)}
              accept=".csv,.tsv,.txt,text/csv"
              inputProps={{ 'aria-label': 'CSV file', tabIndex: -1 }}
            >
              {(props) => (
                <Button variant="default" {...props}>
                  Choose a file
                </Button>
              )}
            </FileButton>
            <Text size="sm" c="dimmed">
              Nothing is sent before you have seen what is in it.
            </Text>
          </Stack>
        </div>
        <Text size="sm">
          The first line names the columns, in any order and case: <Code>email</Code>, <Code>threshold</Code>,{' '}
          <Code>promptCount</Code>, <Code>tokenCount</Code>, <Code>createdAt</Code>. Only the email is needed.
          From a spreadsheet, save it as CSV first.
        </Text>
        <Code block>{EXAMPLE}</Code>
        <Text size="sm" c="dimmed">
          The counts are what somebody used before, in an older backend; they are placed at{' '}
          <Code>createdAt</Code> (UTC unless it says otherwise). Users who are there already are left as they
          are, so the same file can be imported again.
        </Text>
      </Stack>
    </Panel>
  )
}
