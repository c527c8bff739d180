import { type AuditEventResponse, AuditListResponse, AuditQuery } from '@promptmeter/contract'
import type { onRequestAsyncHookHandler } from 'fastify'
import type { AuditEvent } from '../audit/audit-event.ts'
import type { AuditService } from '../audit/audit-service.ts'
import { ADMIN_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'

export function adminAuditRoutes(
  app: HttpApp,
  audit: AuditService,
  onlyAdmin: onRequestAsyncHookHandler,
): void {
  app.get(
    '/api/admin/audit',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Read the audit log',
        description:
          'Every sign-in, refusal, change by an admin, key and erasure, newest first, in pages: send `nextCursor` as ' +
          '`cursor`, with the same filters, until it is null. The log is only ever added to; of an erased user the ids ' +
          'stay, and where their requests came from is blanked.',
        operationId: 'listAuditEvents',
        querystring: AuditQuery,
        response: {
          200: { ...AuditListResponse, description: 'A page of the log' },
          ...errorResponses(ADMIN_ERRORS),
        },
      },
    },
    async (request) => {
      const { events, nextCursor } = await audit.list(request.query)
      return { events: events.map(toAuditEventResponse), nextCursor }
    },
  )
}

function toAuditEventResponse(event: AuditEvent): AuditEventResponse {
  return { ...event, at: event.at.toISOString() }
}
