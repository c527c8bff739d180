import { Alert, Anchor, Stack, TextInput } from '@mantine/core'
import type { PlanResponse } from '@promptmeter/contract'
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import { sentenceOf } from '../common/error-view.tsx'
import { focusInvalid } from '../common/focus-invalid.ts'
import { FormFoot } from '../common/form-foot.tsx'
import { notifyDone } from '../common/notify.ts'
import { BoundsFields } from '../common/terms/bounds-fields.tsx'
import { LimitRows } from '../common/terms/limit-rows.tsx'
import { MeanwhileAlert } from './meanwhile-alert.tsx'
import { copyName, isSameText, parsePlanText, planText, shownErrors } from './plan-text.ts'
import { type PlanChange, useReviewPlan, useSavePlan } from './plans-queries.ts'
import { type AskedChange, ReviewDialog } from './review-dialog.tsx'

export interface PlanFormProps {
  readonly kind: 'edit' | 'create'
  /** What the form begins with; null for a new plan like no other. */
  readonly base: PlanResponse | null
  /** What `base` is by now; null when it was deleted. */
  readonly present: PlanResponse | null
  readonly plans: readonly PlanResponse[]
  readonly onReload: () => void
  readonly onUnsaved: (unsaved: boolean) => void
  readonly onReviewing: (reviewing: boolean) => void
  readonly onCancel: () => void
  readonly onDone: () => void
}

export function PlanForm(props: PlanFormProps) {
  const { kind, base, present, plans, onReload, onUnsaved, onReviewing, onCancel, onDone } = props
  const names = plans.map((plan) => plan.name)
  const [initial] = useState(() => planText(nameOf(kind, base, names), base))
  const [text, setText] = useState(initial)
  // What was not filled in yet is no mistake before somebody wants to save it.
  const [tried, setTried] = useState(false)
  const [asked, setAsked] = useState<AskedChange | null>(null)
  const review = useReviewPlan()
  const save = useSavePlan()

  const parsed = parsePlanText(text, kind === 'create' ? names : [])
  const errors = shownErrors(parsed, text, tried)
  const unsaved = !isSameText(text, initial)
  const changedMeanwhile = kind === 'edit' && present?.updatedAt !== base?.updatedAt
  useEffect(() => {
    onUnsaved(unsaved)
    return () => onUnsaved(false)
  }, [unsaved, onUnsaved])
  useEffect(() => {
    onReviewing(asked !== null)
    return () => onReviewing(false)
  }, [asked, onReviewing])

  const saveNow = (change: PlanChange) =>
    save.mutate(change, {
      onSuccess: ({ name }) => {
        onDone()
        notifyDone(kind === 'create' ? `The plan ${name} is there.` : `The plan ${name} is changed.`)
      },
    })

  const look = (change: PlanChange) =>
    review.mutate(change, {
      onSuccess: (found) => {
        // A name that was taken meanwhile stands as an error beside its field by now.
        if (kind === 'create') return found.present === null && saveNow(change)
        const asItWas = found.present?.updatedAt === base?.updatedAt
        if (asItWas && found.preview?.userCount === 0) saveNow(change)
        else setAsked({ change, review: found, changedMeanwhile: !asItWas })
      },
    })

  const error = review.error ?? (asked === null ? save.error : null)
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if ('errors' in parsed) return focusInvalid(event.currentTarget, () => setTried(true))
        save.reset()
        look(parsed)
      }}
    >
      <Stack gap="lg">
        {changedMeanwhile && <MeanwhileAlert present={present} onReload={onReload} />}
        {kind === 'create' && (
          <TextInput
            label="Name"
            description="It cannot be changed later."
            value={text.name}
            onChange={({ currentTarget }) => setText({ ...text, name: currentTarget.value })}
            error={errors.name}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
        )}
        <LimitRows
          legend="Limits"
          rows={text.rows}
          onChange={(rows) => setText({ ...text, rows })}
          errors={errors.rows}
          empty="Nothing is limited."
        />
        {text.rows.some(({ meter }) => meter === 'cost') && (
          <Alert color="gray" variant="light">
            Where cost is limited, a model without a price is refused. See{' '}
            <Anchor component={Link} href="/prices" inherit underline="always">
              Prices
            </Anchor>
            .
          </Alert>
        )}
        <BoundsFields
          value={text.bounds}
          onChange={(bounds) => setText({ ...text, bounds })}
          errors={errors.bounds}
        />
        <FormFoot
          problem={error === null ? null : sentenceOf(error)}
          onCancel={onCancel}
          action={kind === 'create' ? 'Create the plan' : 'Review the change'}
          busy={review.isPending || (save.isPending && asked === null)}
          disabled={kind === 'edit' && !unsaved}
        />
      </Stack>
      <ReviewDialog
        asked={asked}
        busy={save.isPending}
        error={save.error}
        onClose={() => setAsked(null)}
        onConfirm={saveNow}
      />
    </form>
  )
}

function nameOf(kind: 'edit' | 'create', base: PlanResponse | null, names: readonly string[]): string {
  if (base === null) return ''
  return kind === 'edit' ? base.name : copyName(base.name, names)
}
