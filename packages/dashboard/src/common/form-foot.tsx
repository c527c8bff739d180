import { Alert, Button, Group } from '@mantine/core'

export interface FormFootProps {
  /** Why the last try failed, in a sentence; null for nothing. */
  readonly problem: string | null
  readonly onCancel: () => void
  readonly cancel?: string
  /** What the button says: a verb, such as `Save`. */
  readonly action: string
  readonly busy: boolean
  readonly disabled?: boolean
  /** For what takes something away. */
  readonly danger?: boolean
}

/** How a form in a dialog ends: what went wrong, and the two ways out. */
export function FormFoot(props: FormFootProps) {
  const { problem, onCancel, cancel = 'Cancel', action, busy, disabled = false, danger = false } = props
  return (
    <>
      {problem !== null && (
        <Alert color="red" role="alert">
          {problem}
        </Alert>
      )}
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onCancel}>
          {cancel}
        </Button>
        <Button type="submit" {...(danger && { color: 'red.9' })} disabled={disabled} loading={busy}>
          {action}
        </Button>
      </Group>
    </>
  )
}
