import { ConfirmDialog } from './confirm-dialog.tsx'
import type { UnsavedGuard } from './unsaved-guard.ts'

/** Asks whether what was typed may be lost. */
export function UnsavedDialog({ guard }: { readonly guard: UnsavedGuard }) {
  return (
    <ConfirmDialog
      opened={guard.asking}
      onClose={guard.stay}
      title="Leave without saving?"
      cancel="Keep editing"
      action="Discard changes"
      busy={false}
      onConfirm={guard.leave}
    >
      What you changed here has not been saved.
    </ConfirmDialog>
  )
}
