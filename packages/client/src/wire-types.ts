/**
 * What goes over the wire, spelled out so that this package needs no other. `test/wire-types.test.ts` holds each of them
 * equal to the schema of the server.
 */

/** Every `code` that an answer of the server may carry. */
export type ErrorCode =
  | 'admin_disabled'
  | 'admin_key_invalid'
  | 'admin_required'
  | 'below_zero'
  | 'body_too_large'
  | 'code_invalid'
  | 'concurrency_limit_reached'
  | 'database_unavailable'
  | 'draining'
  | 'duplicate_header'
  | 'email_invalid'
  | 'email_required'
  | 'headers_too_large'
  | 'hold_lost'
  | 'idempotency_key_in_flight'
  | 'idempotency_key_invalid'
  | 'idempotency_key_reused'
  | 'idempotency_key_used'
  | 'insufficient_quota'
  | 'internal_error'
  | 'invalid_json'
  | 'invalid_request'
  | 'invalid_usage'
  | 'key_not_found'
  | 'mail_not_configured'
  | 'method_not_allowed'
  | 'model_not_allowed'
  | 'model_not_found'
  | 'model_not_priced'
  | 'not_found'
  | 'origin_refused'
  | 'overloaded'
  | 'plan_in_use'
  | 'plan_not_found'
  | 'price_not_found'
  | 'proxy_refused'
  | 'rate_limit_exceeded'
  | 'request_timeout'
  | 'schema_mismatch'
  | 'session_not_found'
  | 'session_required'
  | 'sign_in_again'
  | 'sign_in_elsewhere'
  | 'token_invalid'
  | 'token_missing'
  | 'too_many_attempts'
  | 'too_many_keys'
  | 'unbounded_request'
  | 'unsupported_media_type'
  | 'upstream_invalid_response'
  | 'upstream_key_refused'
  | 'upstream_not_configured'
  | 'upstream_timeout'
  | 'upstream_unreachable'
  | 'user_disabled'
  | 'user_exists'
  | 'user_not_found'

/** What is counted. `cost` is in micro-dollars: a million make a dollar. */
export type Meter = 'prompts' | 'tokens' | 'cost'

/** How long a limit looks back, in UTC; `lifetime` never begins anew. */
export type Window = 'lifetime' | 'month' | 'week' | 'day' | 'hour'

/** Where a user stands with one limit. */
export interface LimitStanding {
  meter: Meter
  window: Window
  amount: number
  used: number
  /** By calls that are under way. */
  held: number
  /** max(0, amount - used - held) */
  remaining: number
  /** RFC 3339; null for `lifetime`. */
  windowStart: string | null
  /** RFC 3339, when `used` begins at 0 again; null for `lifetime`. */
  resetsAt: string | null
}

/** What a user has instead of what the plan says. */
export interface Overrides {
  limits?: { meter: Meter; window: Window; amount: number | null }[]
  allowedModels?: string[] | null
  requestsPerMinute?: number | null
  concurrentCalls?: number | null
  defaultMaxTokens?: number | null
}

/** The calling user. */
export interface Me {
  id: string
  email: string
  promptCount: number
  tokenCount: number
  /** Micro-dollars. */
  costMicros: number
  /** The limit on prompts; 2^53 - 1 where nothing limits them. */
  threshold: number
  remaining: number
  plan: string
  overrides: Overrides | null
  role: 'member' | 'admin'
  disabled: boolean
  createdAt: string
  limits: LimitStanding[]
  /** The session's own key: stands for exactly what its token stands for. */
  apiKey: string
  /** Where the user can get more; null where the operator named no place. */
  upgradeUrl: string | null
}

/** What to count. */
export interface UsageEvent {
  /** Prompts to add, an integer from 0; 0 when left out. */
  usage?: number
  /** Tokens to add, an integer from 0; 0 when left out. */
  tokenCount?: number
  model?: string
  /** Who counted this: an extension and its version. */
  source?: string
  /** RFC 3339, at most 30 days back; now when left out. */
  occurredAt?: string
}

/** The counts after a call. */
export interface UsageCounts {
  message: string
  currentPromptCount: number
  currentTokenCount: number
  threshold: number
  remaining: number
  exceeded: boolean
}

export interface BatchEvent extends UsageEvent {
  /** 1 to 255 visible ASCII characters; the same key counts once, for ever. */
  idempotencyKey: string
}

export type BatchResult =
  | ({ status: 200; replayed: boolean } & UsageCounts)
  | { status: number; error: string; code: ErrorCode }

export interface UsageQuery {
  /** A date (UTC) or an RFC 3339 instant; 30 days before `to` when left out. */
  from?: string
  /** Not included; now when left out. */
  to?: string
  interval?: 'hour' | 'day' | 'month'
  groupBy?: 'model' | 'source'
}

export interface UsageGroupTotal {
  name: string | null
  promptCount: number
  tokenCount: number
  costMicros: number
}

export interface UsageBucket {
  start: string
  promptCount: number
  tokenCount: number
  costMicros: number
  groups?: UsageGroupTotal[]
}

export interface UsageHistory {
  from: string
  to: string
  interval: 'hour' | 'day' | 'month'
  promptCount: number
  tokenCount: number
  costMicros: number
  buckets: UsageBucket[]
}

/** A sign-in of the calling user. */
export interface Session {
  id: string
  clientName: string | null
  method: 'trusted' | 'email' | 'github' | 'oidc'
  createdAt: string
  expiresAt: string | null
  lastUsedAt: string | null
  revokedAt: string | null
  /** True for the session that asks. */
  current: boolean
}

export interface RenewedSession {
  sessionToken: string
  expiresAt: string
  /** False while more than half of its life was left: then it ends as before. */
  renewed: boolean
}

/** A named API key. */
export interface Key {
  id: string
  name: string
  createdAt: string
  expiresAt: string | null
  lastUsedAt: string | null
  revokedAt: string | null
}

export interface CreatedKey extends Key {
  /** The key itself. It is shown this once and kept nowhere. */
  apiKey: string
}
