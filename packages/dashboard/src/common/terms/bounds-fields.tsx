import { Fieldset, Group, NativeSelect, Stack, TagsInput, TextInput } from '@mantine/core'
import type { BoundChoice, BoundsErrors, BoundsText, NumberBound } from './bounds-text.ts'

export interface BoundsFieldsProps {
  readonly value: BoundsText
  readonly onChange: (value: BoundsText) => void
  readonly errors?: BoundsErrors
  /** For overrides: each may be as the plan has it. */
  readonly allowPlan?: boolean
}

const NUMBERS: Readonly<
  Record<NumberBound, { readonly label: string; readonly about: string; readonly none: string }>
> = {
  requestsPerMinute: {
    label: 'Requests per minute',
    about: 'Calls of the gateway that are accepted in a minute.',
    none: 'No bound',
  },
  concurrentCalls: {
    label: 'Concurrent calls',
    about: 'Calls of the gateway that may be under way at once.',
    none: 'No bound',
  },
  defaultMaxTokens: {
    label: 'Default max tokens',
    about: 'The longest answer where a request names no bound and tokens or cost are limited.',
    none: '4,096',
  },
}

/**
 * All of a plan but its limits: allowed models, requests per minute, concurrent calls, default max tokens.
 *
 *     const [bounds, setBounds] = useState(() => boundsText(plan, 'none'))   // 'plan' for overrides
 *     const parsed = parseBounds(bounds)                                    // { bounds } or { errors }
 *     <BoundsFields value={bounds} onChange={setBounds} errors={'errors' in parsed ? parsed.errors : {}} />
 */
export function BoundsFields({ value, onChange, errors = {}, allowPlan = false }: BoundsFieldsProps) {
  const { allowedModels: allowed } = value
  return (
    <Fieldset legend="Models and calls" variant="unstyled">
      <Stack gap="md" mt="xs">
        <Stack gap="xs">
          <NativeSelect
            label="Allowed models"
            value={allowed.choice}
            onChange={(event) =>
              onChange({
                ...value,
                allowedModels: { ...allowed, choice: event.currentTarget.value as BoundChoice },
              })
            }
            data={choices(allowPlan, 'All models', 'Only these')}
          />
          {allowed.choice === 'own' && (
            <TagsInput
              aria-label="Models and patterns"
              description="* stands for any text: gpt-5*. With none at all, no model may be called."
              placeholder={allowed.models.length === 0 ? 'gpt-5*' : ''}
              value={[...allowed.models]}
              onChange={(models) => onChange({ ...value, allowedModels: { ...allowed, models } })}
              splitChars={[',', ' ']}
              acceptValueOnBlur
              error={errors.allowedModels}
            />
          )}
        </Stack>
        {(Object.keys(NUMBERS) as NumberBound[]).map((name) => (
          <NumberField
            key={name}
            name={name}
            value={value}
            onChange={onChange}
            error={errors[name]}
            allowPlan={allowPlan}
          />
        ))}
      </Stack>
    </Fieldset>
  )
}

interface NumberFieldProps extends Pick<BoundsFieldsProps, 'value' | 'onChange' | 'allowPlan'> {
  readonly name: NumberBound
  readonly error: string | undefined
}

function NumberField({ name, value, onChange, error, allowPlan = false }: NumberFieldProps) {
  const { label, about, none } = NUMBERS[name]
  const { choice, text } = value[name]
  const change = (changes: Partial<BoundsText[NumberBound]>) =>
    onChange({ ...value, [name]: { ...value[name], ...changes } })
  const input = {
    inputMode: 'numeric' as const,
    autoComplete: 'off',
    error,
    value: text,
  }
  if (!allowPlan) {
    return (
      <TextInput
        {...input}
        label={label}
        description={about}
        placeholder={none}
        onChange={({ currentTarget }) =>
          change({ text: currentTarget.value, choice: currentTarget.value.trim() === '' ? 'none' : 'own' })
        }
      />
    )
  }
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <NativeSelect
        label={label}
        description={about}
        flex={1}
        value={choice}
        onChange={(event) => change({ choice: event.currentTarget.value as BoundChoice })}
        data={choices(allowPlan, none, 'Own number')}
      />
      {choice === 'own' && (
        <TextInput
          {...input}
          w={140}
          aria-label={`${label}: own number`}
          onChange={(event) => change({ text: event.currentTarget.value })}
        />
      )}
    </Group>
  )
}

function choices(allowPlan: boolean, none: string, own: string) {
  return [
    ...(allowPlan ? [{ value: 'plan', label: 'As the plan' }] : []),
    { value: 'none', label: none },
    { value: 'own', label: own },
  ]
}
