import type { FastifyRequest } from 'fastify'
import type { NewAuditEvent } from '../audit/audit-event.ts'
import type { AuditService } from '../audit/audit-service.ts'
import { adminOf } from '../http/admin-access.ts'
import { originOf } from '../http/request-origin.ts'

/** Tells the audit log what an admin did in this request; no addresses and no secrets in `details`. */
export type RecordAct = (
  request: FastifyRequest,
  act: Pick<NewAuditEvent, 'action' | 'userId' | 'sessionId' | 'details'>,
) => Promise<void>

export function recordActsIn(audit: AuditService): RecordAct {
  return (request, act) => audit.record({ ...act, actor: adminOf(request), origin: originOf(request) })
}
