import { Alert, Stack, Text } from '@mantine/core'
import { ConfirmDialog } from '../common/confirm-dialog.tsx'
import { counted } from '../shown/numbers.ts'
import { PlanReach } from './plan-reach.tsx'
import type { PlanChange, PlanReview } from './plans-queries.ts'

export interface AskedChange {
  readonly change: PlanChange
  readonly review: PlanReview
  /** Whether somebody else changed or deleted the plan since the form was filled. */
  readonly changedMeanwhile: boolean
}

export interface ReviewDialogProps {
  /** Null while it is closed. */
  readonly asked: AskedChange | null
  readonly busy: boolean
  readonly error: Error | null
  readonly onClose: () => void
  readonly onConfirm: (change: PlanChange) => void
}

/** Says whom a change of a plan concerns before it is made. */
export function ReviewDialog({ asked, busy, error, onClose, onConfirm }: ReviewDialogProps) {
  const preview = asked?.review.preview ?? null
  return (
    <ConfirmDialog
      opened={asked !== null}
      onClose={onClose}
      title={`Change the plan ${asked?.change.name}?`}
      cancel="Keep editing"
      action={preview === null ? 'Create it anew' : `Save for ${counted(preview.userCount, 'user')}`}
      danger={asked?.changedMeanwhile === true || (preview?.newlyReachedCount ?? 0) > 0}
      busy={busy}
      error={error}
      onConfirm={() => asked !== null && onConfirm(asked.change)}
    >
      {asked !== null && (
        <Stack gap="sm">
          {asked.changedMeanwhile && (
            <Alert color="orange">
              Somebody else {preview === null ? 'deleted' : 'changed'} this plan while you edited it. Saving
              replaces what they did.
            </Alert>
          )}
          {preview === null ? (
            <Text>No user has this plan.</Text>
          ) : (
            <PlanReach name={asked.change.name} preview={preview} />
          )}
        </Stack>
      )}
    </ConfirmDialog>
  )
}
