import {
  type ImportResult,
  ImportRow,
  ImportUsersRequest,
  ImportUsersResponse,
  OpenImportUsersRequest,
} from '@promptmeter/contract'
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { describeValidation } from '../http/error-handler.ts'
import { ADMIN_ERRORS, BODY_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { RecordAct } from './admin-act.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'
import { type ImportService, InvalidRow } from './import-service.ts'

export function importRoutes(
  app: HttpApp,
  imports: ImportService,
  recordAct: RecordAct,
  onlyAdmin: onRequestAsyncHookHandler,
): void {
  app.post(
    '/api/admin/users/import',
    {
      onRequest: onlyAdmin,
      config: { publishedBody: ImportUsersRequest },
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Add many users, with what an older backend had counted',
        description:
          'Up to 1,000 rows, each with its own result: a bad row concerns no other. `promptCount` and `tokenCount` ' +
          'become an opening event at `createdAt`. A user who is there already is left alone, so an import can be ' +
          'run again, also after a crash, and counts nothing twice. Of one address the first row is taken.',
        operationId: 'importUsers',
        body: OpenImportUsersRequest,
        response: {
          200: { ...ImportUsersResponse, description: 'A result for each row' },
          ...errorResponses(ADMIN_ERRORS, BODY_ERRORS),
        },
      },
    },
    async (request) => {
      const results = await imports.import(request.body.rows.map((row) => readRow(request, row)))
      const count = (wanted: ImportResult['outcome']) =>
        results.filter(({ outcome }) => outcome === wanted).length
      await recordAct(request, {
        action: 'users_imported',
        details: { added: count('added'), exists: count('exists'), invalid: count('invalid') },
      })
      return { results }
    },
  )
}

function readRow(request: FastifyRequest, row: unknown): ImportRow | InvalidRow {
  const validate = request.getValidationFunction(ImportRow) ?? request.compileValidationSchema(ImportRow)
  if (validate(row)) return row as ImportRow
  return new InvalidRow(`${describeValidation(validate.errors ?? [], 'row')}.`)
}
