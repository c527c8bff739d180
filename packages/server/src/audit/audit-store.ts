import type { AuditAction } from '@promptmeter/contract'
import { sql } from 'kysely'
import type { Database } from '../database/database.ts'
import type { AuditEvent, NewAuditEvent } from './audit-event.ts'

/** The last event of a page: when it was, in microseconds since 1970, and its id. */
export interface AuditCursor {
  readonly atMicros: string
  readonly id: string
}

export interface AuditPage {
  readonly userId: string | undefined
  readonly actorId: string | undefined
  readonly action: AuditAction | undefined
  readonly from: Date | undefined
  readonly to: Date | undefined
  readonly limit: number
  readonly before: AuditCursor | null
}

export type AuditStore = ReturnType<typeof createAuditStore>

export function createAuditStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    async insert(id: string, event: NewAuditEvent): Promise<void> {
      const { action, actor, origin, userId = null, sessionId = null, details = {} } = event
      await kysely
        .insertInto('audit_events')
        .values({
          id,
          action,
          actor: actor.kind,
          actor_id: actor.kind === 'user' ? actor.userId : null,
          user_id: userId,
          session_id: sessionId,
          ip: origin?.ip ?? null,
          client_name: origin?.clientName ?? null,
          details: JSON.stringify(details),
        })
        .execute()
    },

    /** One page, newest first, and one event more, which tells whether another page follows. */
    async list(page: AuditPage): Promise<{ event: AuditEvent; cursor: AuditCursor }[]> {
      const { userId, actorId, action, from, to, limit, before } = page
      let query = kysely
        .selectFrom('audit_events as e')
        .leftJoin('users as a', 'a.id', 'e.actor_id')
        .leftJoin('users as u', 'u.id', 'e.user_id')
        .selectAll('e')
        .select([
          'a.email as actor_email',
          'u.email as user_email',
          sql<string>`(extract(epoch from e.at) * 1000000)::bigint::text`.as('at_micros'),
        ])
        .orderBy('e.at', 'desc')
        .orderBy('e.id', 'desc')
        .limit(limit + 1)
      if (userId !== undefined) query = query.where('e.user_id', '=', userId)
      if (actorId !== undefined) query = query.where('e.actor_id', '=', actorId)
      if (action !== undefined) query = query.where('e.action', '=', action)
      if (from !== undefined) query = query.where('e.at', '>=', from)
      if (to !== undefined) query = query.where('e.at', '<', to)
      if (before !== null) {
        const at = sql`'epoch'::timestamptz + ${before.atMicros}::bigint * interval '1 microsecond'`
        query = query.where(sql<boolean>`(e.at, e.id) < (${at}, ${before.id}::uuid)`)
      }
      const rows = await query.execute()
      return rows.map((row) => ({
        event: {
          id: row.id,
          at: row.at,
          action: row.action as AuditAction,
          actor: { kind: row.actor, userId: row.actor_id, email: row.actor_email },
          user: row.user_id === null ? null : { id: row.user_id, email: row.user_email },
          sessionId: row.session_id,
          ip: row.ip,
          clientName: row.client_name,
          details: row.details,
        },
        cursor: { atMicros: row.at_micros, id: row.id },
      }))
    },
  }
}
