import { Badge, Group, Progress, Text } from '@mantine/core'
import type { LimitResponse } from '@promptmeter/contract'
import { percent, type Unit } from '../shown/numbers.ts'
import { Amount } from './amount.tsx'
import { Moment } from './moment.tsx'

const METERS = { prompts: 'Prompts', tokens: 'Tokens', cost: 'Cost' } as const
const WINDOWS = {
  lifetime: 'for life',
  month: 'this month',
  week: 'this week',
  day: 'today',
  hour: 'this hour',
} as const
/** As the editor warns. */
const NEAR_PERCENT = 80

/** What a limit is called: `Prompts this month`. */
export function limitName({ meter, window }: Pick<LimitResponse, 'meter' | 'window'>): string {
  return `${METERS[meter]} ${WINDOWS[window]}`
}

/** Where somebody stands with a limit. Colour is never the only sign: the words say it, too. */
export function LimitBar({ limit }: { readonly limit: LimitResponse }) {
  const { meter, amount, used, held, remaining, resetsAt } = limit
  const unit: Unit = meter === 'cost' ? 'cost' : 'count'
  const share = amount === 0 ? 1 : used / amount
  const usedPercent = Math.min(100, share * 100)
  const heldPercent = amount === 0 ? 0 : Math.min(100 - usedPercent, (held / amount) * 100)
  const color = share >= 1 ? 'red.6' : usedPercent >= NEAR_PERCENT ? 'orange.6' : 'accent'
  return (
    <div>
      <Group justify="space-between" gap="xs" mb={4}>
        <Text size="sm" fw={500}>
          {limitName(limit)}{' '}
          {share >= 1 && (
            <Badge color="red" variant="light" size="sm">
              reached
            </Badge>
          )}
        </Text>
        <Text size="sm">
          <Amount value={used} unit={unit} /> of <Amount value={amount} unit={unit} />
        </Text>
      </Group>
      <Progress.Root size="lg">
        <Progress.Section
          value={usedPercent}
          color={color}
          aria-label={`${limitName(limit)}: ${percent(share)} used`}
        />
        {heldPercent > 0 && (
          <Progress.Section
            value={heldPercent}
            color="gray"
            aria-label={`${limitName(limit)}: held by calls under way`}
          />
        )}
      </Progress.Root>
      <Group justify="space-between" gap="xs" mt={4}>
        <Text size="xs" c="dimmed">
          <Amount value={remaining} unit={unit} /> left
          {held > 0 && (
            <>
              , <Amount value={held} unit={unit} /> held by calls under way
            </>
          )}
        </Text>
        <Text size="xs" c="dimmed">
          {resetsAt === null ? 'does not reset' : <>resets {<Moment at={resetsAt} show="relative" />}</>}
        </Text>
      </Group>
    </div>
  )
}
