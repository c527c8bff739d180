import { Button, Group, Table, Text } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useEffect, useMemo, useState } from 'react'
import { exactNumber } from '../../shown/numbers.ts'
import { badLinesCsv, inOrder } from './bad-lines-csv.ts'
import type { BadLine } from './import-preview.ts'

/** More of them are for a file. */
const SHOWN_LINES = 20

/** Lines that cannot be imported, and why; all of them as a file. */
export function BadLines({ badLines }: { readonly badLines: readonly BadLine[] }) {
  const href = useTextFile(badLines)
  const shown = useMemo(() => inOrder(badLines).slice(0, SHOWN_LINES), [badLines])
  return (
    <>
      <Table aria-label="Lines that cannot be imported" verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col" w="5rem">
              Line
            </Table.Th>
            <Table.Th scope="col">Why it is left out</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map(({ line, problem }) => (
            <Table.Tr key={line}>
              <Table.Th scope="row" fw={400}>
                <span className="number">{exactNumber(line)}</span>
              </Table.Th>
              <Table.Td>{problem}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Group justify="space-between" mt="sm" gap="sm">
        <Text size="sm" c="dimmed">
          {badLines.length > SHOWN_LINES &&
            `The first ${SHOWN_LINES} of ${exactNumber(badLines.length)} are shown.`}
        </Text>
        <Button
          component="a"
          href={href}
          download="left-out-lines.csv"
          size="xs"
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden="true" />}
        >
          Download all as CSV
        </Button>
      </Group>
    </>
  )
}

/** The address of a file that lives as long as it is shown. */
function useTextFile(badLines: readonly BadLine[]): string | undefined {
  const [href, setHref] = useState<string>()
  useEffect(() => {
    const address = URL.createObjectURL(new Blob([badLinesCsv(badLines)], { type: 'text/csv' }))
    setHref(address)
    return () => URL.revokeObjectURL(address)
  }, [badLines])
  return href
}
