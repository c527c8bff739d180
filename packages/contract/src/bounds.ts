/** The largest integer a JSON number carries exactly (2^53 - 1): the bound of every count, and "no limit" as a threshold. */
export const MAX_COUNT = Number.MAX_SAFE_INTEGER

/** From which share of a limit on a user is near it; the editor kit warns from there on, too. */
export const NEAR_LIMIT_SHARE = 0.8

/** The plan of whoever has no other. It is there from the first start and cannot be deleted. */
export const DEFAULT_PLAN = 'free'

/** Prompts the built-in plan has for life, unless the operator says otherwise. */
export const DEFAULT_THRESHOLD = 10

/** What a plan may be called: lower-case letters, digits, `-`, `_` and `.`, at most 64 of them. */
export const PLAN_NAME_PATTERN = '^[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?$'

/** How many models or patterns a plan may allow. */
export const MAX_PLAN_MODELS = 200

/** What each bound of a plan may be, both included. */
export const TERM_BOUNDS = {
  requestsPerMinute: { minimum: 1, maximum: 1_000_000 },
  concurrentCalls: { minimum: 1, maximum: 10_000 },
  defaultMaxTokens: { minimum: 16, maximum: 10_000_000 },
} as const

/** Dearest price of a million tokens, in micro-dollars: a million dollars. */
export const MAX_PRICE_MICROS = 1_000_000_000_000

/** How many events one `POST /trackUsage/batch` may carry. */
export const MAX_BATCH_EVENTS = 1000

/** How far ahead of the server's clock an event may claim to have happened, in milliseconds. */
export const MAX_EVENT_LEAD_MS = 5 * 60 * 1000

/** How far back an event may claim to have happened, in milliseconds. */
export const MAX_EVENT_AGE_MS = 30 * 24 * 60 * 60 * 1000

/** How many buckets one usage history may span: 83 days by hour, five years by day. */
export const MAX_HISTORY_BUCKETS = 2000

/** How many rows one `POST /api/admin/users/import` may carry. */
export const MAX_IMPORT_ROWS = 1000

/** Most users on one page of `GET /api/admin/users`. */
export const MAX_PAGE_USERS = 200

/** Most events on one page of `GET /api/admin/users/{id}/events`. */
export const MAX_PAGE_EVENTS = 200

/** Most events on one page of `GET /api/admin/audit`. */
export const MAX_PAGE_AUDIT_EVENTS = 200

/** Longest life of a named API key that ends by itself, in days. */
export const MAX_KEY_DAYS = 3650

/** Before this no correction and no imported user may lie: such a time is a slip, not a fact. */
export const EARLIEST_INSTANT = new Date('2000-01-01T00:00:00Z')
