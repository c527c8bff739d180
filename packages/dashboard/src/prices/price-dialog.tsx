import { Modal } from '@mantine/core'
import type { Price } from '@promptmeter/contract'
import { useState } from 'react'
import { UnsavedDialog } from '../common/unsaved-dialog.tsx'
import { useUnsavedGuard } from '../common/unsaved-guard.ts'
import { PriceForm, type PriceTask } from './price-form.tsx'

export interface PriceDialogProps {
  /** Null while it is closed. */
  readonly task: PriceTask | null
  readonly prices: readonly Price[]
  readonly onClose: () => void
}

/** Adds a price, or corrects one. */
export function PriceDialog({ task, prices, onClose }: PriceDialogProps) {
  const [unsaved, setUnsaved] = useState(false)
  const guard = useUnsavedGuard(unsaved)
  const close = () => guard.attempt(onClose)
  return (
    <>
      <Modal
        opened={task !== null}
        onClose={close}
        title={task?.kind === 'correct' ? 'Correct a price' : 'New price'}
        closeButtonProps={{ 'aria-label': 'Close' }}
        closeOnEscape={!guard.asking}
      >
        {task !== null && (
          <PriceForm task={task} prices={prices} onUnsaved={setUnsaved} onCancel={close} onDone={onClose} />
        )}
      </Modal>
      <UnsavedDialog guard={guard} />
    </>
  )
}
