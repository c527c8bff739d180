import { type Selectable, sql } from 'kysely'
import type { SessionsTable } from '../database/tables.ts'
import type { Session } from './session.ts'

/** What a statement selects of `sessions` to make a `Session`. */
export const SESSION_COLUMNS = [
  'user_id',
  'id',
  'kind',
  'client_name',
  'method',
  'created_at',
  'expires_at',
  'revoked_at',
  'last_used_at',
] as const

/** How long an ended session stays listed. */
const KEPT_AFTER_END = '30 days'

export const IS_LIVE = sql<boolean>`(revoked_at is null and expires_at > now())`
export const IS_LONG_ENDED = sql<boolean>`(least(expires_at, revoked_at) < now() - interval '${sql.raw(KEPT_AFTER_END)}')`

export function sessionFromRow(
  row: Pick<Selectable<SessionsTable>, (typeof SESSION_COLUMNS)[number]>,
): Session {
  return {
    id: row.id,
    userId: row.user_id,
    kind: row.kind,
    clientName: row.client_name,
    method: row.method,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }
}
