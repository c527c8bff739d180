import { Modal } from '@mantine/core'
import type { AdminUserResponse } from '@promptmeter/contract'
import { useState } from 'react'
import { useOpenedLate } from '../../common/lazy-confirm-dialog.tsx'
import { notifyDone } from '../../common/notify.ts'
import { InviteForm } from './invite-form.tsx'
import { InvitedView } from './invited-view.tsx'

export interface InviteDialogProps {
  readonly opened: boolean
  readonly onClose: () => void
}

/** Adds a user, and tells them or says what to tell them. */
export default function InviteDialog({ opened, onClose }: InviteDialogProps) {
  return (
    <Modal
      opened={useOpenedLate(opened)}
      onClose={onClose}
      title="Invite user"
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {/* A form of its own for each opening: what was typed before must not stand there still. */}
      {opened && <InviteSteps onClose={onClose} />}
    </Modal>
  )
}

function InviteSteps({ onClose }: { readonly onClose: () => void }) {
  const [added, setAdded] = useState<AdminUserResponse | null>(null)
  if (added !== null) return <InvitedView user={added} onAnother={() => setAdded(null)} onClose={onClose} />
  return (
    <InviteForm
      onCancel={onClose}
      onAdded={(user, mailed) => {
        if (!mailed) return setAdded(user)
        notifyDone(`An invitation is on its way to ${user.email}.`)
        onClose()
      }}
    />
  )
}
