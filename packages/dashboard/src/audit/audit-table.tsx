import { Table } from '@mantine/core'
import type { AuditEventResponse } from '@promptmeter/contract'
import { AuditRow } from './audit-row.tsx'

/** A line for each event. On a narrow screen when and from where stand with what happened. */
export function AuditTable({ events }: { readonly events: readonly AuditEventResponse[] }) {
  return (
    <Table verticalSpacing="xs" horizontalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col" visibleFrom="sm" w="11rem">
            When
          </Table.Th>
          <Table.Th scope="col">What happened</Table.Th>
          <Table.Th scope="col" visibleFrom="lg" w="16rem">
            From where
          </Table.Th>
          <Table.Th scope="col" w="6.5rem">
            Details
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {events.map((event) => (
          <AuditRow key={event.id} event={event} />
        ))}
      </Table.Tbody>
    </Table>
  )
}
