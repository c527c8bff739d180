import { Readable } from 'node:stream'
import { ExportAuditQuery, ExportUsersQuery } from '@promptmeter/contract'
import type { FastifyReply, onRequestAsyncHookHandler } from 'fastify'
import { Type } from 'typebox'
import type { AuditService } from '../audit/audit-service.ts'
import { ADMIN_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { UserService } from '../users/user-service.ts'
import type { RecordAct } from './admin-act.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'
import { auditCsv } from './audit-csv.ts'
import { usersCsv } from './users-csv.ts'

interface AdminExportParts {
  readonly users: UserService
  readonly audit: AuditService
  readonly recordAct: RecordAct
  readonly onlyAdmin: onRequestAsyncHookHandler
}

const CUT_OFF =
  'The file comes as it is read; where that fails the connection is cut. A cell that a spreadsheet would run as a ' +
  'formula begins with an apostrophe.'

export function adminExportRoutes(
  app: HttpApp,
  { users, audit, recordAct, onlyAdmin }: AdminExportParts,
): void {
  app.get(
    '/api/admin/users/export',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Users as a CSV file',
        description:
          'All that fit the filters, however many. `threshold` is the own one of the user, so the file can be imported ' +
          `elsewhere; \`state\` is active, near, reached or disabled. ${CUT_OFF}`,
        operationId: 'exportUsers',
        querystring: ExportUsersQuery,
        response: {
          200: csvResponse('email,plan,role,state,promptCount,tokenCount'),
          ...errorResponses(ADMIN_ERRORS, 'email_required', 'email_invalid'),
        },
      },
    },
    async (request, reply) => {
      const pages = users.pages(request.query)
      await recordAct(request, { action: 'users_exported', details: describeFilters(request.query) })
      return sendCsv(reply, 'users', usersCsv(pages))
    },
  )

  app.get(
    '/api/admin/audit/export',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'The audit log as a CSV file',
        description: `All that fits the filters, newest first; \`details\` are JSON. ${CUT_OFF}`,
        operationId: 'exportAuditEvents',
        querystring: ExportAuditQuery,
        response: {
          200: csvResponse('at,action,actor,actorEmail,userId,userEmail'),
          ...errorResponses(ADMIN_ERRORS),
        },
      },
    },
    async (request, reply) => {
      const pages = audit.pages(request.query)
      await recordAct(request, { action: 'audit_exported', details: describeFilters(request.query) })
      return sendCsv(reply, 'audit', auditCsv(pages))
    },
  )
}

function csvResponse(example: string) {
  return {
    description: 'The file',
    content: { 'text/csv': { schema: Type.String({ examples: [example] }) } },
  }
}

function sendCsv(reply: FastifyReply, name: string, text: AsyncGenerator<string>): FastifyReply {
  const day = new Date().toISOString().slice(0, 10)
  return (
    reply
      .type('text/csv; charset=utf-8')
      .header('Content-Disposition', `attachment; filename="promptmeter-${name}-${day}.csv"`)
      .header('Cache-Control', 'no-store')
      // One page ahead at most: the next is read once the client has taken this one.
      .send(Readable.from(text, { highWaterMark: 1 }))
  )
}

/** Which filters were set. Not to what: a search may be an address. */
function describeFilters(query: ExportUsersQuery | ExportAuditQuery) {
  return { filters: Object.keys(query).filter((name) => name !== 'sort' && name !== 'order') }
}
