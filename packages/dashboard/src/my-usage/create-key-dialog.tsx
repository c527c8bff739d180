import { Alert, Button, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { CopyField } from '../common/copy-field.tsx'
import { sentenceOf } from '../common/error-view.tsx'
import { focusInvalid } from '../common/focus-invalid.ts'
import { FormFoot } from '../common/form-foot.tsx'
import { useOpenedLate } from '../common/lazy-confirm-dialog.tsx'
import { useCreateKey } from './account-queries.ts'

export interface CreateKeyDialogProps {
  readonly opened: boolean
  readonly onClose: () => void
}

const LIVES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: '', label: 'Never' },
]
const LONGEST_NAME = 100

export default function CreateKeyDialog({ opened, onClose }: CreateKeyDialogProps) {
  const create = useCreateKey()
  const created = create.data
  const close = () => {
    onClose()
    create.reset()
  }
  return (
    <Modal
      opened={useOpenedLate(opened)}
      onClose={close}
      title={created === undefined ? 'Create an API key' : `The key ${created.name}`}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
      // A slip must not close it while the key is shown, this once.
      closeOnClickOutside={created === undefined}
      closeOnEscape={created === undefined}
    >
      {created === undefined ? (
        <KeyForm create={create} onClose={close} />
      ) : (
        <Stack gap="md">
          <Alert color="orange" icon={<IconAlertTriangle aria-hidden="true" />} title="Copy it now">
            The key is shown this once and kept nowhere. Whoever has it can use what is yours.
          </Alert>
          <CopyField label="API key" value={created.apiKey} />
          <Group justify="flex-end">
            <Button onClick={close} data-autofocus>
              Done
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}

interface KeyFormProps {
  readonly create: ReturnType<typeof useCreateKey>
  readonly onClose: () => void
}

function KeyForm({ create, onClose }: KeyFormProps) {
  const [name, setName] = useState('')
  const [days, setDays] = useState('90')
  const [problem, setProblem] = useState<string | null>(null)

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const found = findProblem(name.trim())
    focusInvalid(event.currentTarget, () => setProblem(found))
    if (found === null) create.mutate({ name: name.trim(), expiresInDays: days === '' ? null : Number(days) })
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="What the key is for, such as the tool and the computer."
          placeholder="Continue on my laptop"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={problem}
          autoComplete="off"
          data-autofocus
        />
        <NativeSelect
          label="Ends after"
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
          data={LIVES}
        />
        <FormFoot
          problem={create.error === null ? null : sentenceOf(create.error)}
          onCancel={onClose}
          action="Create"
          busy={create.isPending}
        />
      </Stack>
    </form>
  )
}

function findProblem(name: string): string | null {
  if (name === '') return 'Give the key a name.'
  if (name.length > LONGEST_NAME) return `At most ${LONGEST_NAME} characters.`
  return /[\p{Cc}\p{Cs}]/u.test(name) ? 'It holds a character that cannot be in a name.' : null
}
