import {
  ActionIcon,
  Button,
  Checkbox,
  Fieldset,
  Group,
  NativeSelect,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import type { Meter, Window } from '@promptmeter/contract'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import {
  freePair,
  LIFTED,
  type LimitRow,
  type LimitRowErrors,
  limitRow,
  METER_NAMES,
  WINDOW_NAMES,
} from './limit-rows.ts'

export interface LimitRowsProps {
  /** What the rows are, for who cannot see them: `Limits`. */
  readonly legend: string
  readonly rows: readonly LimitRow[]
  readonly onChange: (rows: LimitRow[]) => void
  /** By key, from `parseLimitRows` or `parseOverrideRows`; pass them once they shall be shown. */
  readonly errors?: LimitRowErrors
  /** For overrides: a row may lift the limit of the plan, and prompts for life are set elsewhere. */
  readonly allowNoLimit?: boolean
  /** What it means that there is no row. */
  readonly empty: string
}

/**
 * Limits as rows of meter, window and amount: dollars for `cost`. State is the parent's, as typed:
 *
 *     const [rows, setRows] = useState(() => plan.limits.map(limitRow))
 *     const parsed = parseLimitRows(rows)            // { limits } or { errors }
 *     <LimitRows legend="Limits" rows={rows} onChange={setRows} errors={'errors' in parsed ? parsed.errors : {}} empty="Nothing is limited." />
 *
 * For overrides of a user: `allowNoLimit`, and `parseOverrideRows`.
 */
export function LimitRows({
  legend,
  rows,
  onChange,
  errors = {},
  allowNoLimit = false,
  empty,
}: LimitRowsProps) {
  const addButton = useRef<HTMLButtonElement>(null)
  const added = useRef<string | null>(null)
  const free = freePair(rows, (pair) => allowNoLimit && isThreshold(pair))
  const change = (key: string, changes: Partial<LimitRow>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...changes } : row)))

  function add() {
    if (free === null) return
    const row = { ...limitRow({ ...free, amount: 0 }), amount: '' }
    added.current = row.key
    onChange([...rows, row])
  }

  return (
    <Fieldset legend={legend} variant="unstyled">
      <Stack gap="sm" mt="xs">
        {rows.length === 0 && (
          <Text size="sm" c="dimmed">
            {empty}
          </Text>
        )}
        {rows.map((row, index) => (
          <Row
            key={row.key}
            row={row}
            name={`Limit ${index + 1}`}
            error={errors[row.key]}
            allowNoLimit={allowNoLimit}
            focused={added.current === row.key}
            onChange={(changes) => change(row.key, changes)}
            onRemove={() => {
              onChange(rows.filter(({ key }) => key !== row.key))
              addButton.current?.focus()
            }}
          />
        ))}
        <Button
          ref={addButton}
          variant="default"
          size="xs"
          w="fit-content"
          onClick={add}
          aria-disabled={free === null}
          leftSection={<IconPlus size={14} aria-hidden="true" />}
        >
          Add a limit
        </Button>
      </Stack>
    </Fieldset>
  )
}

interface RowProps {
  readonly row: LimitRow
  /** Says which row it is: the labels of all rows are alike. */
  readonly name: string
  readonly error: string | undefined
  readonly allowNoLimit: boolean
  /** Whether it was just added, and is what one goes on with. */
  readonly focused: boolean
  readonly onChange: (changes: Partial<LimitRow>) => void
  readonly onRemove: () => void
}

function Row({ row, name, error, allowNoLimit, focused, onChange, onRemove }: RowProps) {
  const { meter, window, amount } = row
  const lifted = amount === LIFTED
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (focused) input.current?.focus()
  }, [focused])
  const windows = Object.entries(WINDOW_NAMES)
    .filter(
      ([value]) => !allowNoLimit || !isThreshold({ meter, window: value as Window }) || value === window,
    )
    .map(([value, label]) => ({ value, label }))
  return (
    <Group gap="xs" align="flex-start" role="group" aria-label={name}>
      <NativeSelect
        aria-label="What is counted"
        w={118}
        value={meter}
        onChange={(event) => onChange({ meter: event.currentTarget.value as Meter })}
        data={Object.entries(METER_NAMES).map(([value, label]) => ({ value, label }))}
      />
      <NativeSelect
        aria-label="How long"
        w={116}
        value={window}
        onChange={(event) => onChange({ window: event.currentTarget.value as Window })}
        data={windows}
      />
      <TextInput
        ref={input}
        aria-label={meter === 'cost' ? 'Amount in dollars' : 'Amount'}
        flex={1}
        miw={112}
        inputMode={meter === 'cost' ? 'decimal' : 'numeric'}
        autoComplete="off"
        leftSection={meter === 'cost' && !lifted ? '$' : undefined}
        value={lifted ? 'no limit' : amount}
        disabled={lifted}
        error={error}
        onChange={(event) => onChange({ amount: event.currentTarget.value })}
      />
      {allowNoLimit && (
        <Checkbox
          mt={8}
          label="No limit"
          checked={lifted}
          onChange={(event) => onChange({ amount: event.currentTarget.checked ? LIFTED : '' })}
        />
      )}
      <ActionIcon variant="subtle" color="gray" size={36} onClick={onRemove} aria-label={`Remove ${name}`}>
        <IconTrash size={16} aria-hidden="true" />
      </ActionIcon>
    </Group>
  )
}

function isThreshold({ meter, window }: Pick<LimitRow, 'meter' | 'window'>): boolean {
  return meter === 'prompts' && window === 'lifetime'
}
