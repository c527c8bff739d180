import { Button, Group } from '@mantine/core'
import { hideNotice, notifyDone } from './notify.ts'

/** Long enough to read the sentence, change one's mind and reach the button. */
const SHOWN_MS = 12_000

/** Says that something was done, with a button that takes it back. */
export function notifyUndoable(message: string, undo: () => void): void {
  const id = `undo-${message}`
  notifyDone(
    <Group justify="space-between" gap="sm" wrap="nowrap">
      <span>{message}</span>
      <Button
        variant="light"
        size="xs"
        onClick={() => {
          void hideNotice(id)
          undo()
        }}
      >
        Undo
      </Button>
    </Group>,
    { id, autoClose: SHOWN_MS },
  )
}
