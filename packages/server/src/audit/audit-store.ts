import type { Database } from '../database/database.ts'
import type { NewAuditEvent } from './audit-event.ts'

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
          ip: origin.ip,
          client_name: origin.clientName,
          details: JSON.stringify(details),
        })
        .execute()
    },
  }
}
