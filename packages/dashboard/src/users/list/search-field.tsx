import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import css from './users.module.css'

const PAUSE_MS = 250

export interface SearchFieldProps {
  /** What is looked for at present. */
  readonly value: string
  readonly onSearch: (text: string) => void
}

/** Looks for part of an address once typing pauses, or at once by Enter. */
export function SearchField({ value, onSearch }: SearchFieldProps) {
  const [text, setText] = useState(value)
  const [told, setTold] = useState(value)
  // It was changed elsewhere, by going back or by clearing the filters.
  if (value !== told) {
    setTold(value)
    setText(value)
  }
  const tell = (typed: string) => {
    const wanted = typed.trim()
    if (wanted === value) return
    setTold(wanted)
    onSearch(wanted)
  }
  const tellLater = useDebouncedCallback(tell, PAUSE_MS)
  return (
    <search className={css.search}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          tellLater.cancel()
          tell(text)
        }}
      >
        <TextInput
          type="search"
          label="Search"
          placeholder="Part of an email"
          leftSection={<IconSearch size={16} aria-hidden="true" />}
          value={text}
          maxLength={254}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setText(event.currentTarget.value)
            tellLater(event.currentTarget.value)
          }}
        />
      </form>
    </search>
  )
}
