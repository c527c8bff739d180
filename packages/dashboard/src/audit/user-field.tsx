import { CloseButton, TextInput } from '@mantine/core'
import { useRef, useState } from 'react'
import { sentenceOf } from '../common/error-view.tsx'
import { useUserLookup, useUserName } from './audit-queries.ts'

export interface UserFieldProps {
  readonly label: string
  /** Of the user who is chosen. */
  readonly id: string | null
  readonly onChange: (id: string | null) => void
}

/** A user by address, looked up on Enter or when the field is left. */
export function UserField({ label, id, onChange }: UserFieldProps) {
  const name = useUserName(id)
  const lookup = useUserLookup()
  // Only while something is typed that was not looked up yet.
  const [draft, setDraft] = useState<string | null>(null)
  const input = useRef<HTMLInputElement>(null)

  const choose = (chosen: string | null) => {
    setDraft(null)
    lookup.reset()
    if (chosen !== id) onChange(chosen)
  }
  const settle = () => {
    const text = draft?.trim()
    if (text === undefined || lookup.isPending) return
    if (text === '') choose(null)
    else lookup.mutate(text, { onSuccess: choose })
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        settle()
      }}
    >
      <TextInput
        ref={input}
        label={label}
        placeholder="Address"
        inputMode="email"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={draft ?? name}
        onChange={(event) => {
          setDraft(event.currentTarget.value)
          lookup.reset()
        }}
        onBlur={settle}
        error={lookup.error && sentenceOf(lookup.error)}
        rightSectionPointerEvents="all"
        rightSection={
          id !== null && (
            <CloseButton
              size="sm"
              aria-label={`Clear ${label}`}
              onClick={() => {
                choose(null)
                input.current?.focus()
              }}
            />
          )
        }
      />
    </form>
  )
}
