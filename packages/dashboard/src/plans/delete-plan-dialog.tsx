import { Anchor, Modal, Stack, Text } from '@mantine/core'
import type { PlanResponse } from '@promptmeter/contract'
import { Link } from 'wouter'
import { addressOf } from '../api/request.ts'
import { ConfirmDialog } from '../common/confirm-dialog.tsx'
import { notifyDone } from '../common/notify.ts'
import { counted } from '../shown/numbers.ts'
import { useDeletePlan } from './plans-queries.ts'

export interface DeletePlanDialogProps {
  /** Null while it is closed. */
  readonly plan: PlanResponse | null
  readonly onClose: () => void
}

/** Asks before a plan is deleted; where users have it, says who and what to do instead. */
export function DeletePlanDialog({ plan, onClose }: DeletePlanDialogProps) {
  const deletePlan = useDeletePlan()
  const close = () => {
    deletePlan.reset()
    onClose()
  }
  const inUse = plan !== null && plan.userCount > 0
  return (
    <>
      <Modal
        opened={inUse}
        onClose={close}
        title="Users have this plan"
        centered
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {plan !== null && (
          <Stack gap="sm">
            <Text>
              {counted(plan.userCount, 'user')} {plan.userCount === 1 ? 'has' : 'have'} the plan{' '}
              <b>{plan.name}</b>. Give them another one first; then it can be deleted.
            </Text>
            <Anchor component={Link} href={addressOf('/users', { plan: plan.name })}>
              Show who has it
            </Anchor>
          </Stack>
        )}
      </Modal>
      <ConfirmDialog
        opened={plan !== null && !inUse}
        onClose={close}
        title="Delete a plan"
        action="Delete"
        {...(plan !== null && { typed: plan.name })}
        busy={deletePlan.isPending}
        error={deletePlan.error}
        onConfirm={() => {
          if (plan === null) return
          deletePlan.mutate(plan.name, {
            onSuccess: () => {
              close()
              notifyDone(`The plan ${plan.name} is deleted.`)
            },
          })
        }}
      >
        {plan !== null && (
          <>
            The plan <b>{plan.name}</b>, which no user has, will be deleted. This cannot be undone.
          </>
        )}
      </ConfirmDialog>
    </>
  )
}
