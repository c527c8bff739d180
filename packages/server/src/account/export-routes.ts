import { Readable } from 'node:stream'
import { ExportResponse } from '@promptmeter/contract'
import type { onRequestHookHandler } from 'fastify'
import type { AuditService } from '../audit/audit-service.ts'
import { principalOf } from '../http/authentication.ts'
import { errorResponses, SESSION_ERRORS } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { SessionService } from '../sessions/session-service.ts'
import { recordOwnAct } from './account-act.ts'
import type { ExportService } from './export-service.ts'

export function exportRoutes(
  app: HttpApp,
  sessions: SessionService,
  exports: ExportService,
  audit: AuditService,
  onlyUser: onRequestHookHandler,
): void {
  app.get(
    '/api/me/export',
    {
      onRequest: onlyUser,
      schema: {
        tags: ['Account'],
        summary: 'Everything that is kept of the calling user',
        description:
          'One JSON object to save, however long: rows as they are kept, with every column. It comes as it is read; ' +
          'where that fails the connection is cut, so what was saved until then is no valid JSON.',
        operationId: 'exportMe',
        security: [{ session: [] }],
        response: {
          200: { ...ExportResponse, description: 'The export, as a file' },
          ...errorResponses(SESSION_ERRORS),
        },
      },
    },
    async (request, reply) => {
      const { user } = await sessions.getSessionCaller(principalOf(request))
      await recordOwnAct(audit, request, { action: 'data_exported' })
      const now = new Date()
      const file = `promptmeter-${now.toISOString().slice(0, 10)}.json`
      // One page ahead at most: the next is read once the client has taken this one.
      const text = Readable.from(exports.write(user, now), { highWaterMark: 1 })
      return reply
        .type('application/json; charset=utf-8')
        .header('Content-Disposition', `attachment; filename="${file}"`)
        .header('Cache-Control', 'no-store')
        .send(text as never)
    },
  )
}
