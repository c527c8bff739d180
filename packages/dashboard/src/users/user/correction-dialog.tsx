import { Modal, SegmentedControl, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import type { AdminUserResponse, UsageEventResponse } from '@promptmeter/contract'
import { type FormEvent, useState } from 'react'
import { ApiError } from '../../api/request.ts'
import { sentenceOf } from '../../common/error-view.tsx'
import { focusInvalid } from '../../common/focus-invalid.ts'
import { FormFoot } from '../../common/form-foot.tsx'
import { notifyDone } from '../../common/notify.ts'
import { utcMoment } from '../../shown/moments.ts'
import { exactNumber } from '../../shown/numbers.ts'
import {
  type CorrectionText,
  countChanges,
  NO_CORRECTION,
  newCorrectionKey,
  parseCorrection,
  takingBack,
} from './correction-form.ts'
import { useCorrectUsage } from './user-queries.ts'

export interface CorrectionDialogProps {
  readonly user: AdminUserResponse
  readonly opened: boolean
  /** The event to take back; null for a correction of anything. */
  readonly event: UsageEventResponse | null
  readonly onClose: () => void
}

/** Amends what was counted of a user. */
export function CorrectionDialog({ opened, ...props }: CorrectionDialogProps) {
  return (
    <Modal
      opened={opened}
      onClose={props.onClose}
      title="Correct usage"
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
      closeOnClickOutside={false}
    >
      {opened && <CorrectionForm {...props} />}
    </Modal>
  )
}

function CorrectionForm({ user, event, onClose }: Omit<CorrectionDialogProps, 'opened'>) {
  const [text, setText] = useState<CorrectionText>(() => (event === null ? NO_CORRECTION : takingBack(event)))
  // Of the dialog as it was opened: whatever is sent from it counts once.
  const [key] = useState(newCorrectionKey)
  const [tried, setTried] = useState(false)
  const correct = useCorrectUsage(user.id)
  const parsed = parseCorrection(text, Date.now())
  const errors = tried && 'errors' in parsed ? parsed.errors : {}
  const field = (name: keyof CorrectionText) => ({
    value: text[name],
    error: errors[name],
    autoComplete: 'off',
    onChange: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) =>
      setText({ ...text, [name]: currentTarget.value }),
  })

  function send(submitted: FormEvent<HTMLFormElement>) {
    submitted.preventDefault()
    focusInvalid(submitted.currentTarget, () => setTried(true))
    if (!('body' in parsed)) return
    correct.mutate(
      { body: parsed.body, key },
      {
        onSuccess: ({ promptCount }) => {
          onClose()
          notifyDone(`Corrected. ${user.email} stands at ${exactNumber(promptCount)} prompts.`)
        },
      },
    )
  }

  return (
    <form onSubmit={send} noValidate>
      <Stack gap="md">
        <SegmentedControl
          aria-label="Direction"
          value={text.direction}
          onChange={(direction) => setText({ ...text, direction })}
          data={[
            { value: 'take', label: 'Take away' },
            { value: 'add', label: 'Add' },
          ]}
        />
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          <TextInput label="Prompts" inputMode="numeric" {...field('prompts')} data-autofocus />
          <TextInput label="Tokens" inputMode="numeric" {...field('tokens')} />
          <TextInput label="Cost in dollars" inputMode="decimal" leftSection="$" {...field('cost')} />
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <TextInput label="Model" description="As it was counted; empty for none." {...field('model')} />
          <TextInput label="Source" description="As it was counted; empty for none." {...field('source')} />
        </SimpleGrid>
        <TextInput
          type="datetime-local"
          label="When"
          description={
            text.when === '' || Number.isNaN(Date.parse(text.when))
              ? 'The time it amends, in your zone; empty for now.'
              : `The time it amends: ${utcMoment(text.when)}`
          }
          {...field('when')}
        />
        <TextInput
          label="Reason"
          description="For the record; it is kept with the event."
          required
          withAsterisk={false}
          {...field('reason')}
        />
        <CountChanges user={user} text={text} />
        <FormFoot
          problem={correct.error === null ? null : whyNot(correct.error)}
          onCancel={onClose}
          action="Correct"
          busy={correct.isPending}
        />
      </Stack>
    </form>
  )
}

function CountChanges({ user, text }: { readonly user: AdminUserResponse; readonly text: CorrectionText }) {
  const parsed = parseCorrection({ ...text, reason: 'to be said' }, Date.now())
  const changes = 'body' in parsed ? countChanges(user, parsed.body) : []
  return (
    <Text size="sm" component="div" aria-live="polite" mih={22} className="number">
      {changes.map(({ name, unit, before, after }) => (
        <div key={name}>
          {name}: {exactNumber(before, unit)} →{' '}
          {after < 0 ? (
            <Text span c="var(--mantine-color-error)">
              {exactNumber(after, unit)}, which is below zero
            </Text>
          ) : (
            <strong>{exactNumber(after, unit)}</strong>
          )}
        </div>
      ))}
    </Text>
  )
}

function whyNot(error: Error): string {
  if (error instanceof ApiError && error.code === 'idempotency_key_reused')
    return 'An earlier try from this form was counted after all. Close it and look at the recent events.'
  if (error instanceof ApiError && error.code === 'below_zero')
    return `${sentenceOf(error)} Give the model, source and time that the usage was counted under.`
  return sentenceOf(error)
}
