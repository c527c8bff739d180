import { Modal, Stack, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { sentenceOf } from './error-view.tsx'
import { FormFoot } from './form-foot.tsx'

export interface ConfirmDialogProps {
  readonly opened: boolean
  readonly onClose: () => void
  readonly title: string
  /** What will happen, and whether it can be undone. */
  readonly children: ReactNode
  /** What the button says: a verb, such as `Delete`. */
  readonly action: string
  /** What the other one says. */
  readonly cancel?: string
  /** What has to be typed before; nothing when left out. */
  readonly typed?: string
  readonly danger?: boolean
  readonly busy: boolean
  /** Why the last try failed. */
  readonly error?: Error | null
  readonly onConfirm: () => void
}

/** Asks before something is lost. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { opened, onClose, title } = props
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {/* A form of its own for each opening: what was typed before must not stand there still. */}
      {opened && <ConfirmForm {...props} />}
    </Modal>
  )
}

function ConfirmForm({
  onClose,
  children,
  action,
  cancel = 'Cancel',
  typed,
  danger = true,
  busy,
  error,
  onConfirm,
}: ConfirmDialogProps) {
  const [text, setText] = useState('')
  const ready = typed === undefined || text.trim() === typed
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        // The dialog may be asked for by a form that it is no part of but in React's eyes: that is not sent again.
        event.stopPropagation()
        if (ready) onConfirm()
      }}
    >
      <Stack gap="md">
        <div>{children}</div>
        {typed !== undefined && (
          <TextInput
            label={`Type ${typed} to confirm`}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
        )}
        <FormFoot
          problem={error ? sentenceOf(error) : null}
          onCancel={onClose}
          cancel={cancel}
          action={action}
          busy={busy}
          disabled={!ready}
          danger={danger}
        />
      </Stack>
    </form>
  )
}
