import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { isDay } from './audit-filter.ts'

export interface DayFieldProps {
  readonly label: string
  readonly day: string | null
  readonly onChange: (day: string | null) => void
}

/** A day of the calendar, taken as soon as it is one. */
export function DayField({ label, day, onChange }: DayFieldProps) {
  // Only while it differs from what is chosen: a year half typed.
  const [draft, setDraft] = useState<string | null>(null)
  return (
    <TextInput
      type="date"
      label={label}
      value={draft ?? day ?? ''}
      onBlur={() => setDraft(null)}
      onChange={({ currentTarget: { value } }) => {
        const taken = value === '' || isDay(value)
        setDraft(taken ? null : value)
        if (taken) onChange(value === '' ? null : value)
      }}
    />
  )
}
