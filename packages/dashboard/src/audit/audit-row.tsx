import { Anchor, Table, Text, UnstyledButton } from '@mantine/core'
import type { AuditEventResponse } from '@promptmeter/contract'
import { IconChevronDown } from '@tabler/icons-react'
import { Fragment, useId, useState } from 'react'
import { Link } from 'wouter'
import { Moment } from '../common/moment.tsx'
import css from './audit.module.css'
import { AuditDetails } from './audit-details.tsx'
import { auditSentence, type SentencePart, sentenceText, userName } from './audit-sentence.ts'

/** An event, with what else is known of it below once it is opened. */
export function AuditRow({ event }: { readonly event: AuditEventResponse }) {
  const [opened, setOpened] = useState(false)
  const detailsId = useId()
  const sentence = auditSentence(event)
  return (
    <>
      <Table.Tr>
        <Table.Td visibleFrom="sm">
          <Moment at={event.at} />
        </Table.Td>
        <Table.Td>
          {sentence.map((part, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a sentence keep their places
            <Fragment key={index}>
              <Piece part={part} />
            </Fragment>
          ))}
          <Text size="xs" c="dimmed" hiddenFrom="sm">
            <Moment at={event.at} />
          </Text>
        </Table.Td>
        <Table.Td visibleFrom="lg">
          {event.ip}
          {event.clientName !== null && (
            <Text size="xs" c="dimmed" truncate maw="15rem" title={event.clientName}>
              {event.clientName}
            </Text>
          )}
        </Table.Td>
        <Table.Td>
          <UnstyledButton
            className={css.toggle ?? ''}
            aria-expanded={opened}
            aria-controls={opened ? detailsId : undefined}
            aria-label={`${opened ? 'Hide' : 'Show'} the details: ${sentenceText(sentence)}`}
            onClick={() => setOpened(!opened)}
          >
            {opened ? 'Hide' : 'Show'}
            <IconChevronDown size={16} aria-hidden="true" />
          </UnstyledButton>
        </Table.Td>
      </Table.Tr>
      {opened && (
        <Table.Tr id={detailsId}>
          <Table.Td colSpan={4} className={css.details ?? ''}>
            <AuditDetails event={event} />
          </Table.Td>
        </Table.Tr>
      )}
    </>
  )
}

/** Of an erased user there is no page. */
function Piece({ part }: { readonly part: SentencePart }) {
  if (typeof part === 'string') return part
  if (part.email === null) return <em>{userName(part)}</em>
  return (
    <Anchor component={Link} href={`/users/${part.id}`} inherit underline="always">
      {part.email}
    </Anchor>
  )
}
