import type { FastifyRequest } from 'fastify'
import type { NewAuditEvent } from '../audit/audit-event.ts'
import type { AuditService } from '../audit/audit-service.ts'
import { principalOf } from '../http/authentication.ts'
import { originOf } from '../http/request-origin.ts'

/** Tells the audit log what a user did to their own account in this request. */
export function recordOwnAct(
  audit: AuditService,
  request: FastifyRequest,
  act: Pick<NewAuditEvent, 'action' | 'sessionId' | 'details'>,
): Promise<void> {
  const principal = principalOf(request)
  return audit.record({
    sessionId: principal.sessionId,
    ...act,
    actor: { kind: 'user', ...principal },
    origin: originOf(request),
    userId: principal.userId,
  })
}
