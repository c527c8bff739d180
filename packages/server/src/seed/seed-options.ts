export interface SeedOptions {
  /** Users there are to be, the admin and user@example.com among them. */
  readonly users: number
  /** Those of them who have used something. */
  readonly active: number
  /** About how many events of usage, all together. */
  readonly events: number
  /** How far back usage goes. */
  readonly days: number
  /** The same number gives the same users, usage and sessions, as seen from `now`. */
  readonly randomSeed: number
  /** Also into a database that is in use. */
  readonly force: boolean
  /** The moment that everything lies before. */
  readonly now: Date
  /** Stops between two statements; nothing is written then. */
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/** What was written. */
export interface SeedSummary {
  readonly users: number
  readonly activeUsers: number
  readonly events: number
  readonly sessions: number
  readonly auditEvents: number
}

/** The first two users are always there: who may use the admin API, and whom the first steps of the README name. */
export const ADMIN_NUMBER = 1
export const FIRST_USER_NUMBER = 2
export const FIRST_ACTIVE_NUMBER = 3

/** What cannot be done as things stand, in words for the operator. */
export class SeedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SeedError'
  }
}
