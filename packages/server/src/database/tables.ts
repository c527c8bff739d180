import type { ColumnType, Generated } from 'kysely'

/** Columns that PostgreSQL fills in on insert and nobody changes. */
type CreatedAt = ColumnType<Date, Date | undefined, never>

export interface Tables {
  users: UsersTable
  sessions: SessionsTable
  usage_events: UsageEventsTable
  usage_hours: UsageHoursTable
  usage_days: UsageDaysTable
}

export interface UsersTable {
  id: string
  email: string
  prompt_count: Generated<number>
  token_count: Generated<number>
  event_count: Generated<number>
  threshold: number | null
  disabled_at: Date | null
  created_at: CreatedAt
}

export interface SessionsTable {
  user_id: string
  id: string
  client_name: string | null
  created_at: CreatedAt
  expires_at: Date
  revoked_at: Date | null
  last_used_at: Date | null
}

export interface UsageEventsTable {
  user_id: string
  seq: number
  kind: EventKind
  prompts: number
  tokens: number
  model: string | null
  source: string | null
  occurred_at: Date | null
  recorded_at: Date
  idempotency_key: string | null
  prompt_count_after: number
  token_count_after: number
  reason: string | null
}

export type EventKind = 'usage' | 'correction' | 'opening'

interface UsageTotals {
  user_id: string
  model: string
  source: string
  prompts: number
  tokens: number
}

export interface UsageHoursTable extends UsageTotals {
  hour: Date
}

export interface UsageDaysTable extends UsageTotals {
  day: string
}
