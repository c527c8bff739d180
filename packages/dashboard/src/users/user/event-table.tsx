import { Badge, Button, Group, Text } from '@mantine/core'
import type { UsageEventKind, UsageEventResponse } from '@promptmeter/contract'
import { Amount } from '../../common/amount.tsx'
import { Moment } from '../../common/moment.tsx'
import { cell, PlainTable } from '../../common/plain-table.tsx'
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

/** Events of usage. Where the screen is narrow the kind stands below the time, and the source is left out. */
export function EventTable({ events, onCorrect }: EventTableProps) {
  return (
    <PlainTable label="Recent events">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col" className={cell.wide}>
            Kind
          </th>
          <th scope="col">Model</th>
          <th scope="col" className={`${cell.end} ${cell.wide}`}>
            Prompts
          </th>
          <th scope="col" className={cell.end}>
            Tokens
          </th>
          <th scope="col" className={cell.end}>
            Cost
          </th>
          <th scope="col" className={cell.wide}>
            Source
          </th>
          <td className={cell.wide} />
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <Row key={event.seq} event={event} onCorrect={onCorrect} />
        ))}
      </tbody>
    </PlainTable>
  )
}

interface RowProps extends Pick<EventTableProps, 'onCorrect'> {
  readonly event: UsageEventResponse
}

function Row({ event, onCorrect }: RowProps) {
  const { seq, kind, prompts, tokens, costMicros, model, source, occurredAt } = event
  const correctable = kind === 'usage' && (prompts > 0 || tokens > 0 || costMicros > 0)
  return (
    <tr>
      <th scope="row">
        <Moment at={occurredAt} />
        {kind !== 'usage' && (
          <div className={cell.narrow}>
            <Kind event={event} />
          </div>
        )}
      </th>
      <td className={cell.wide}>
        <Kind event={event} />
      </td>
      <td>{model ?? '–'}</td>
      <td className={`${cell.end} ${cell.wide}`}>
        <Amount value={prompts} />
      </td>
      <td className={cell.end}>
        <span title={describeParts(event)}>
          <Amount value={tokens} />
        </span>
      </td>
      <td className={cell.end}>
        <Amount value={costMicros} unit="cost" />
      </td>
      <td className={cell.wide}>{source ?? '–'}</td>
      <td className={`${cell.end} ${cell.wide}`}>
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
      </td>
    </tr>
  )
}

function Kind({ event }: { readonly event: UsageEventResponse }) {
  const { kind, estimated, reason } = event
  return (
    <>
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
    </>
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
