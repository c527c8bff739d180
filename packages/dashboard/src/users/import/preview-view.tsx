import { Alert, Button, Group, Progress, Stack, Text } from '@mantine/core'
import { Panel } from '../../common/panel.tsx'
import { counted, exactNumber } from '../../shown/numbers.ts'
import { BadLines } from './bad-lines.tsx'
import type { ImportPreview } from './import-preview.ts'
import { PreviewTable } from './preview-table.tsx'
import type { FilePreview } from './use-file-preview.ts'

export interface PreviewViewProps {
  readonly file: FilePreview
  readonly onImport: (preview: ImportPreview) => void
  readonly onCancel: () => void
}

/** What is in the file, before anything is sent. */
export function PreviewView({ file: { file, preview, readShare }, onImport, onCancel }: PreviewViewProps) {
  if (preview === null) {
    return (
      <Panel title={`Reading ${file.name}`}>
        <Stack gap="md" align="flex-start">
          <Progress w="100%" value={readShare * 100} aria-label="How much of the file was read" />
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        </Stack>
      </Panel>
    )
  }
  const { header, first, rowCount, badLines } = preview
  return (
    <>
      <Panel title={`What is in ${file.name}`}>
        <Stack gap="md">
          <Text role="status">
            {counted(rowCount, 'user')} can be imported
            {badLines.length > 0 && `, ${counted(badLines.length, 'line')} cannot`}.
          </Text>
          {header.unknown.length > 0 && (
            <Alert
              color="accent"
              title={header.unknown.length === 1 ? 'A column is ignored' : 'Some columns are ignored'}
            >
              {header.unknown.map((name) => name.trim() || '(no name)').join(', ')}
            </Alert>
          )}
          {first.length > 0 && <PreviewTable lines={first} columns={header.columns} />}
          <Group gap="sm">
            <Button disabled={rowCount === 0} onClick={() => onImport(preview)}>
              Import {exactNumber(rowCount)} {rowCount === 1 ? 'user' : 'users'}
            </Button>
            <Button variant="default" onClick={onCancel}>
              Choose another file
            </Button>
          </Group>
        </Stack>
      </Panel>
      {badLines.length > 0 && (
        <Panel title="Lines that will be left out">
          <BadLines badLines={badLines} />
        </Panel>
      )}
    </>
  )
}
