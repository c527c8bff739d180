import type { Limit, Overrides, Role, SessionKind, SignInMethod } from '@promptmeter/contract'
import type { ColumnType, Generated } from 'kysely'

/** Columns that PostgreSQL fills in on insert and nobody changes. */
type CreatedAt = ColumnType<Date, Date | undefined, never>

/** An object that is kept as jsonb: read as it is, written as text. */
type Json<T> = ColumnType<T, string, string>
/** The same where it may be missing; null is no JSON then, it is nothing. */
type OptionalJson<T> = ColumnType<T | null, string | null | undefined, string | null>

export interface Tables {
  plans: PlansTable
  prices: PricesTable
  users: UsersTable
  sessions: SessionsTable
  usage_events: UsageEventsTable
  usage_hours: UsageHoursTable
  usage_days: UsageDaysTable
  holds: HoldsTable
  identities: IdentitiesTable
  challenges: ChallengesTable
  oauth_records: OauthRecordsTable
  rate_limits: RateLimitsTable
  audit_events: AuditEventsTable
  operator_sessions: OperatorSessionsTable
  refusals: RefusalsTable
}

export interface PlansTable {
  name: string
  limits: Json<Limit[]>
  allowed_models: OptionalJson<string[]>
  requests_per_minute: number | null
  concurrent_calls: number | null
  default_max_tokens: number | null
  updated_at: ColumnType<Date, Date | undefined, Date>
}

export interface PricesTable {
  model: string
  effective_from: Date
  input_micros: number
  cached_input_micros: number | null
  output_micros: number
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
  cost_micros: Generated<number>
  plan: Generated<string>
  overrides: OptionalJson<Overrides>
  counted_hour: number | null
  hour_prompts: Generated<number>
  hour_tokens: Generated<number>
  hour_cost_micros: Generated<number>
  day_prompts: Generated<number>
  day_tokens: Generated<number>
  day_cost_micros: Generated<number>
  week_prompts: Generated<number>
  week_tokens: Generated<number>
  week_cost_micros: Generated<number>
  month_prompts: Generated<number>
  month_tokens: Generated<number>
  month_cost_micros: Generated<number>
  role: Generated<Role>
  rate_minute: number | null
  rate_requests: Generated<number>
}

export interface SessionsTable {
  user_id: string
  id: string
  /** A key's is its name. */
  client_name: string | null
  kind: Generated<SessionKind>
  method: SignInMethod
  grant_mac: string | null
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
  cost_micros: Generated<number>
  input_tokens: number | null
  cached_input_tokens: number | null
  output_tokens: number | null
  reasoning_tokens: number | null
  estimated: Generated<boolean>
  hold_id: string | null
}

export type EventKind = 'usage' | 'correction' | 'opening' | 'abandoned'

interface UsageTotals {
  user_id: string
  model: string
  source: string
  prompts: number
  tokens: number
  cost_micros: Generated<number>
}

export interface UsageHoursTable extends UsageTotals {
  hour: Date
}

export interface UsageDaysTable extends UsageTotals {
  day: string
}

export interface HoldsTable {
  user_id: string
  id: string
  model: string | null
  source: string | null
  idempotency_key: string | null
  tokens: number
  cost_micros: number
  created_at: Date
  expires_at: Date
}

export interface IdentitiesTable {
  issuer: string
  subject: string
  user_id: string
  linked_at: CreatedAt
}

export interface ChallengesTable {
  email: string
  network: string
  slot: number
  id: string
  code_mac: string
  tries: Generated<number>
  expires_at: Date
  used_at: Date | null
}

export interface OauthRecordsTable {
  model: string
  id_mac: string
  grant_mac: string | null
  user_code_mac: string | null
  uid_mac: string | null
  payload: string
  expires_at: Date | null
  consumed_at: Date | null
}

export interface RateLimitsTable {
  key: string
  points: Generated<number>
  expire: number | null
}

export interface AuditEventsTable {
  id: string
  at: CreatedAt
  action: string
  actor: 'user' | 'operator' | 'nobody'
  actor_id: string | null
  user_id: string | null
  session_id: string | null
  ip: string | null
  client_name: string | null
  details: Json<Record<string, unknown>>
}

export interface OperatorSessionsTable {
  id: string
  link_mac: string
  link_expires_at: Date
  session_mac: string | null
  expires_at: Date | null
  created_at: CreatedAt
}

export interface RefusalsTable {
  hour: Date
  code: string
  count: number
}
