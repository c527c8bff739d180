import { Alert, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import type { Price } from '@promptmeter/contract'
import { useEffect, useState } from 'react'
import { sentenceOf } from '../common/error-view.tsx'
import { focusInvalid } from '../common/focus-invalid.ts'
import { FormFoot } from '../common/form-foot.tsx'
import { notifyDone } from '../common/notify.ts'
import { localMoment, utcMoment } from '../shown/moments.ts'
import { emptyPriceText, type PriceText, parseLocal, parsePriceText, priceText } from './price-text.ts'
import { useSetPrice } from './prices-queries.ts'

export type PriceTask =
  /** `like` is the price to begin with, if any; `model` may be empty. */
  | { readonly kind: 'add'; readonly model: string; readonly like: Price | null }
  | { readonly kind: 'correct'; readonly price: Price }

export interface PriceFormProps {
  readonly task: PriceTask
  readonly prices: readonly Price[]
  readonly onUnsaved: (unsaved: boolean) => void
  readonly onCancel: () => void
  readonly onDone: () => void
}

export function PriceForm({ task, prices, onUnsaved, onCancel, onDone }: PriceFormProps) {
  const [initial] = useState(() => initialText(task))
  const [text, setText] = useState(initial)
  // What was not filled in yet is no mistake before somebody wants to save it.
  const [tried, setTried] = useState(false)
  const setPrice = useSetPrice()
  const kept = task.kind === 'correct' ? task.price : null
  const parsed = parsePriceText(text, kept)
  const from = parseLocal(text.from)
  const replaced = kept === null && 'price' in parsed && prices.some((price) => isSame(price, parsed.price))

  const unsaved = FIELDS.some((name) => text[name] !== initial[name])
  useEffect(() => {
    onUnsaved(unsaved)
    return () => onUnsaved(false)
  }, [unsaved, onUnsaved])

  const field = (name: keyof PriceText) => ({
    name,
    value: text[name],
    onChange: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) =>
      setText({ ...text, [name]: currentTarget.value }),
    error: 'errors' in parsed && (tried || text[name] !== initial[name]) ? parsed.errors[name] : undefined,
    autoComplete: 'off',
  })
  const dollars = { leftSection: '$', leftSectionWidth: 28, inputMode: 'decimal' } as const

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if ('errors' in parsed) return focusInvalid(event.currentTarget, () => setTried(true))
        setPrice.mutate(parsed.price, {
          onSuccess: () => {
            onDone()
            notifyDone(
              `The price of ${parsed.price.model} holds from ${localMoment(parsed.price.effectiveFrom)} on.`,
            )
          },
        })
      }}
    >
      <Stack gap="md">
        {kept === null ? (
          <>
            <TextInput
              {...field('model')}
              label="Model"
              description="As the AI provider names it; * stands for any text"
              placeholder="gpt-5*"
              spellCheck={false}
              data-autofocus={text.model === '' || undefined}
            />
            <TextInput
              {...field('from')}
              type="datetime-local"
              label="Effective from"
              description={
                from === null ? 'In your time zone' : `In your time zone; ${utcMoment(from.toISOString())}`
              }
            />
          </>
        ) : (
          <Text size="sm">
            {kept.model}, from {localMoment(kept.effectiveFrom)} on ({utcMoment(kept.effectiveFrom)}). What
            was charged stays charged.
          </Text>
        )}
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          <TextInput
            {...field('input')}
            {...dollars}
            label="Input"
            data-autofocus={text.model !== '' || undefined}
          />
          <TextInput {...field('cachedInput')} {...dollars} label="Cached input" placeholder="as input" />
          <TextInput {...field('output')} {...dollars} label="Output" />
        </SimpleGrid>
        <Text size="sm" c="dimmed">
          Dollars for a million tokens. Leave cached input empty where it costs like other input.
        </Text>
        {replaced && (
          <Alert color="orange" role="status">
            This model has a price from this moment on already. Saving replaces it.
          </Alert>
        )}
        <FormFoot
          problem={setPrice.error === null ? null : sentenceOf(setPrice.error)}
          onCancel={onCancel}
          action={replaced ? 'Replace the price' : 'Save the price'}
          busy={setPrice.isPending}
        />
      </Stack>
    </form>
  )
}

const FIELDS = ['model', 'from', 'input', 'cachedInput', 'output'] as const

function initialText(task: PriceTask): PriceText {
  if (task.kind === 'correct') return priceText(task.price)
  return task.like === null ? emptyPriceText(task.model, new Date()) : priceText(task.like, new Date())
}

function isSame(one: Price, other: Price): boolean {
  return one.model === other.model && Date.parse(one.effectiveFrom) === Date.parse(other.effectiveFrom)
}
