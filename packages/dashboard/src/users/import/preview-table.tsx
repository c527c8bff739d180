import { Table } from '@mantine/core'
import type { ImportField, ImportLine } from '@promptmeter/user-csv'
import { exactNumber } from '../../shown/numbers.ts'
import css from './import.module.css'

const NAMES: Readonly<Record<ImportField, string>> = {
  email: 'Email',
  threshold: 'Limit on prompts',
  promptCount: 'Prompts before',
  tokenCount: 'Tokens before',
  createdAt: 'Added',
}

export interface PreviewTableProps {
  readonly lines: readonly ImportLine[]
  readonly columns: readonly (ImportField | null)[]
}

/** The first lines as they were understood; bad ones as they stand in the file, with what is wrong. */
export function PreviewTable({ lines, columns }: PreviewTableProps) {
  const fields = columns.filter((field) => field !== null)
  return (
    <Table.ScrollContainer
      minWidth={560}
      type="native"
      tabIndex={0}
      role="region"
      aria-label="First lines of the file"
    >
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col" w="4rem">
              Line
            </Table.Th>
            {fields.map((field) => (
              <Table.Th key={field} scope="col">
                {NAMES[field]}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((line) => (
            <Table.Tr key={line.line} className={line.row === null ? (css.bad ?? '') : ''}>
              <Table.Th scope="row" fw={400}>
                {exactNumber(line.line)}
              </Table.Th>
              {line.row === null ? (
                <Table.Td colSpan={fields.length}>Left out: {line.problem}</Table.Td>
              ) : (
                fields.map((field) => (
                  <Table.Td key={field} {...(field !== 'email' && { className: 'number' })}>
                    {shown(line.row?.[field])}
                  </Table.Td>
                ))
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function shown(value: string | number | null | undefined): string {
  if (value === undefined || value === null) return '–'
  return typeof value === 'number' ? exactNumber(value) : value.replace('T00:00:00Z', '').replace('T', ' ')
}
