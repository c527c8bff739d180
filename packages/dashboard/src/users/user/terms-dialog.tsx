import { Group, Modal, NativeSelect, Skeleton, Stack, TextInput } from '@mantine/core'
import type { AdminUserResponse, PlanResponse } from '@promptmeter/contract'
import { type FormEvent, useState } from 'react'
import { sentenceOf } from '../../common/error-view.tsx'
import { focusInvalid } from '../../common/focus-invalid.ts'
import { FormFoot } from '../../common/form-foot.tsx'
import { notifyDone } from '../../common/notify.ts'
import { QueryView } from '../../common/query-view.tsx'
import { BoundsFields } from '../../common/terms/bounds-fields.tsx'
import { LimitRows } from '../../common/terms/limit-rows.tsx'
import { TermsChanges } from './terms-changes.tsx'
import { changesToSend, parseTerms, type TermsText, termsChanges, termsText } from './terms-form.ts'
import { usePlans, useUpdateUser } from './user-queries.ts'

export interface TermsDialogProps {
  readonly user: AdminUserResponse
  readonly opened: boolean
  readonly onClose: () => void
}

/** The plan of a user, and what they have instead of what it says. */
export function TermsDialog({ user, opened, onClose }: TermsDialogProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Plan and limits of ${user.email}`}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
      // A slip beside it must not take away what was typed.
      closeOnClickOutside={false}
    >
      {opened && <WithPlans user={user} onClose={onClose} />}
    </Modal>
  )
}

function WithPlans(props: Omit<TermsDialogProps, 'opened'>) {
  const query = usePlans()
  return (
    <QueryView query={query} skeleton={<Skeleton height={420} aria-busy="true" />}>
      {({ plans }) => <TermsForm {...props} plans={plans} />}
    </QueryView>
  )
}

interface TermsFormProps extends Omit<TermsDialogProps, 'opened'> {
  readonly plans: readonly PlanResponse[]
}

function TermsForm({ user, plans, onClose }: TermsFormProps) {
  // As it was when the dialog opened: what is asked anew meanwhile must not change what is being typed.
  const [before] = useState(user)
  const [text, setText] = useState<TermsText>(() => termsText(user))
  const [tried, setTried] = useState(false)
  const update = useUpdateUser(user.id)
  const parsed = parseTerms(text)
  const errors = tried && 'errors' in parsed ? parsed.errors : null
  const changes = 'terms' in parsed ? termsChanges(before, parsed.terms, plans) : null
  const change = (part: Partial<TermsText>) => setText({ ...text, ...part })

  function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    focusInvalid(event.currentTarget, () => setTried(true))
    if (!('terms' in parsed) || changes === null || changes.length === 0) return
    update.mutate(changesToSend(parsed.terms, changes), {
      onSuccess: () => {
        onClose()
        notifyDone(`Saved. It holds from the next call of ${user.email} on.`)
      },
    })
  }

  return (
    <form onSubmit={save} noValidate>
      <Stack gap="lg">
        <NativeSelect
          label="Plan"
          value={text.plan}
          onChange={(event) => change({ plan: event.currentTarget.value })}
          data={plans.map(({ name }) => name)}
          data-autofocus
        />
        <ThresholdField text={text} onChange={change} error={errors?.threshold} />
        <LimitRows
          legend="Limits in place of those of the plan"
          rows={text.limits}
          onChange={(limits) => change({ limits })}
          errors={errors?.limits ?? {}}
          allowNoLimit
          empty="As the plan has them."
        />
        <BoundsFields
          value={text.bounds}
          onChange={(bounds) => change({ bounds })}
          errors={errors?.bounds ?? {}}
          allowPlan
        />
        <TermsChanges changes={changes} />
        <FormFoot
          problem={update.error === null ? null : sentenceOf(update.error)}
          onCancel={onClose}
          action="Save"
          busy={update.isPending}
          disabled={changes?.length === 0}
        />
      </Stack>
    </form>
  )
}

interface ThresholdFieldProps {
  readonly text: TermsText
  readonly onChange: (part: Partial<TermsText>) => void
  readonly error: string | undefined
}

function ThresholdField({ text, onChange, error }: ThresholdFieldProps) {
  const { threshold } = text
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <NativeSelect
        label="Threshold"
        description="The limit on prompts for life."
        flex={1}
        value={threshold.choice}
        onChange={(event) =>
          onChange({
            threshold: {
              ...threshold,
              choice: event.currentTarget.value as TermsText['threshold']['choice'],
            },
          })
        }
        data={[
          { value: 'plan', label: 'As the plan' },
          { value: 'own', label: 'Own number' },
          { value: 'none', label: 'No limit' },
        ]}
      />
      {threshold.choice === 'own' && (
        <TextInput
          aria-label="Threshold: own number"
          w={140}
          inputMode="numeric"
          autoComplete="off"
          value={threshold.text}
          onChange={(event) => onChange({ threshold: { ...threshold, text: event.currentTarget.value } })}
          error={error}
        />
      )}
    </Group>
  )
}
