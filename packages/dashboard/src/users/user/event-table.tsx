import { Badge, Button, Group, Table, Text } from '@mantine/core'
import type { UsageEventKind, UsageEventResponse } from '@promptmeter/contract'
import { Amount } from '../../common/amount.tsx'
import { Moment } from '../../common/moment.tsx'
import { exactNumber } from '../../shown/numbers.ts'

export interface EventTableProps {
  readonly events: readonly UsageEventResponse[]
  readonly onCorrect: (event: UsageEventResponse) => void
}

const KINDS: Record<UsageEventKind, { readonly name: string; readonly color: string }> = {
  usage: { name: 'usage', color: 'accent' },
  correction: { name: 'correction', color: 'grape' },
  opening: { name: 'brought along', color: 'gray' },
  abandoned: { name: 'abandoned', color: 'orange' },
}

/** Events of usage. Where the screen is narrow the source and the cost can be scrolled to. */
export function EventTable({ events, onCorrect }: EventTableProps) {
  return (
    <Table.ScrollContainer
      minWidth={780}
      type="native"
      tabIndex={0}
      role="region"
      aria-label="Table of recent events"
    >
      <Table verticalSpacing={6} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">When</Table.Th>
            <Table.Th scope="col">Kind</Table.Th>
            <Table.Th scope="col">Model</Table.Th>
            <Table.Th scope="col" ta="right">
              Prompts
            </Table.Th>
            <Table.Th scope="col" ta="right">
              Tokens
            </Table.Th>
            <Table.Th scope="col" ta="right">
              Cost
            </Table.Th>
            <Table.Th scope="col">Source</Table.Th>
            <Table.Td w={90} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {events.map((event) => (
            <Row key={event.seq} event={event} onCorrect={onCorrect} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function Row({
  event,
  onCorrect,
}: { readonly event: UsageEventResponse } & Pick<EventTableProps, 'onCorrect'>) {
  const { seq, kind, prompts, tokens, costMicros, model, source, occurredAt, reason, estimated } = event
  const correctable = kind === 'usage' && (prompts > 0 || tokens > 0 || costMicros > 0)
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>
        <Moment at={occurredAt} />
      </Table.Th>
      <Table.Td>
        <Group gap={6}>
          <Badge variant="light" color={KINDS[kind].color} size="sm" tt="none">
            {KINDS[kind].name}
          </Badge>
          {estimated && (
            <Badge
              variant="outline"
              color="gray"
              size="sm"
              tt="none"
              title="Counted here, for the provider told no numbers"
            >
              estimated
            </Badge>
          )}
        </Group>
        {reason !== null && (
          <Text size="xs" c="dimmed" maw={280}>
            {reason}
          </Text>
        )}
      </Table.Td>
      <Table.Td>{model ?? '–'}</Table.Td>
      <Table.Td ta="right">
        <Amount value={prompts} />
      </Table.Td>
      <Table.Td ta="right">
        <span title={describeParts(event)}>
          <Amount value={tokens} />
        </span>
      </Table.Td>
      <Table.Td ta="right">
        <Amount value={costMicros} unit="cost" />
      </Table.Td>
      <Table.Td>{source ?? '–'}</Table.Td>
      <Table.Td ta="right">
        {correctable && (
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => onCorrect(event)}
            aria-label={`Correct event ${seq}`}
          >
            Correct
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  )
}

/** `300 input (100 of them cached), 120 output (0 of them reasoning)`, as far as the provider told. */
export function describeParts(event: UsageEventResponse): string | undefined {
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = event
  const part = (count: number | null, name: string, within: number | null, withinName: string) =>
    count === null
      ? []
      : [
          `${exactNumber(count)} ${name}${within === null ? '' : ` (${exactNumber(within)} of them ${withinName})`}`,
        ]
  const parts = [
    ...part(inputTokens, 'input', cachedInputTokens, 'cached'),
    ...part(outputTokens, 'output', reasoningTokens, 'reasoning'),
  ]
  return parts.length === 0 ? undefined : parts.join(', ')
}
