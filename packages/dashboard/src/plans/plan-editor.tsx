import { Drawer } from '@mantine/core'
import type { PlanResponse } from '@promptmeter/contract'
import { IconTicketOff } from '@tabler/icons-react'
import { useState } from 'react'
import { EmptyView } from '../common/empty-view.tsx'
import { UnsavedDialog } from '../common/unsaved-dialog.tsx'
import { useUnsavedGuard } from '../common/unsaved-guard.ts'
import { PlanForm, type PlanFormProps } from './plan-form.tsx'

export type PlanTask =
  | { readonly kind: 'edit'; readonly name: string }
  /** `name` is of the plan to begin with, if any. */
  | { readonly kind: 'create'; readonly name: string | null }

export interface PlanEditorProps {
  /** Null while it is closed. */
  readonly task: PlanTask | null
  readonly plans: readonly PlanResponse[]
  readonly onClose: () => void
}

/** Changes a plan or makes a new one, beside the list of them. */
export function PlanEditor({ task, plans, onClose }: PlanEditorProps) {
  const [unsaved, setUnsaved] = useState(false)
  const [reviewing, setReviewing] = useState(false)
  const guard = useUnsavedGuard(unsaved)
  const close = () => guard.attempt(onClose)
  return (
    <>
      <Drawer
        opened={task !== null}
        onClose={close}
        title={titleOf(task)}
        position="right"
        size="36rem"
        closeButtonProps={{ 'aria-label': 'Close' }}
        closeOnEscape={!guard.asking && !reviewing}
      >
        {task !== null && (
          <OpenEditor
            key={`${task.kind} ${task.name}`}
            task={task}
            plans={plans}
            onUnsaved={setUnsaved}
            onReviewing={setReviewing}
            onCancel={close}
            onDone={onClose}
          />
        )}
      </Drawer>
      <UnsavedDialog guard={guard} />
    </>
  )
}

type OpenEditorProps = Omit<PlanFormProps, 'kind' | 'base' | 'present' | 'onReload'> & {
  readonly task: PlanTask
}

function OpenEditor({ task: { kind, name }, plans, ...callbacks }: OpenEditorProps) {
  const present = plans.find((plan) => plan.name === name) ?? null
  // What was there when the form was filled: somebody else may change or delete it meanwhile.
  const [base, setBase] = useState(present)
  if (base === null && name !== null)
    return (
      <EmptyView title="No such plan" icon={IconTicketOff}>
        There is no plan {name}. It may have been deleted.
      </EmptyView>
    )
  return (
    <PlanForm
      key={base?.updatedAt}
      kind={kind}
      base={base}
      present={present}
      plans={plans}
      onReload={() => setBase(present)}
      {...callbacks}
    />
  )
}

function titleOf(task: PlanTask | null): string {
  if (task?.kind === 'edit') return `Edit the plan ${task.name}`
  return task === null || task.name === null ? 'New plan' : `New plan like ${task.name}`
}
