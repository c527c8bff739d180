import { NativeSelect } from '@mantine/core'
import type { ReactNode } from 'react'
import css from './audit.module.css'
import { ACTION_NAMES, type AuditFilter } from './audit-filter.ts'
import { DayField } from './day-field.tsx'
import { UserField } from './user-field.tsx'

export interface AuditFiltersProps {
  readonly filter: AuditFilter
  readonly onChange: (changes: Partial<Record<keyof AuditFilter, string | null>>) => void
  /** What else can be done with them. */
  readonly children: ReactNode
}

const ACTIONS = [
  { value: '', label: 'Everything' },
  ...Object.entries(ACTION_NAMES).map(([group, names]) => ({
    group,
    items: Object.entries(names).map(([value, label]) => ({ value, label })),
  })),
]

/** Which events are shown. Each choice holds at once. */
export function AuditFilters({ filter, onChange, children }: AuditFiltersProps) {
  return (
    <search aria-label="Events" className={css.filters}>
      <NativeSelect
        label="What"
        value={filter.action ?? ''}
        onChange={(event) => onChange({ action: event.currentTarget.value })}
        className={css.broad ?? ''}
        data={ACTIONS}
      />
      <div className={css.broad}>
        <UserField label="Done to" id={filter.user} onChange={(user) => onChange({ user })} />
      </div>
      <div className={css.broad}>
        <UserField label="Done by" id={filter.actor} onChange={(actor) => onChange({ actor })} />
      </div>
      <DayField label="From" day={filter.from} onChange={(from) => onChange({ from })} />
      <DayField label="To" day={filter.to} onChange={(to) => onChange({ to })} />
      {children}
    </search>
  )
}
