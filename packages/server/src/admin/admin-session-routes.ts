import {
  RevokeSessionsResponse,
  SessionListResponse,
  UserParams,
  UserSessionParams,
} from '@promptmeter/contract'
import type { onRequestAsyncHookHandler } from 'fastify'
import { ADMIN_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import { toSessionResponse } from '../sessions/session.ts'
import type { SessionService } from '../sessions/session-service.ts'
import type { UserService } from '../users/user-service.ts'
import type { RecordAct } from './admin-act.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'

interface AdminSessionParts {
  readonly users: UserService
  readonly sessions: SessionService
  readonly recordAct: RecordAct
  readonly onlyAdmin: onRequestAsyncHookHandler
}

export function adminSessionRoutes(
  app: HttpApp,
  { users, sessions, recordAct, onlyAdmin }: AdminSessionParts,
): void {
  app.get(
    '/api/admin/users/:id/sessions',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'List the sessions and named API keys of a user',
        operationId: 'listSessions',
        params: UserParams,
        response: {
          200: { ...SessionListResponse, description: 'The sessions' },
          ...errorResponses(ADMIN_ERRORS, 'user_not_found'),
        },
      },
    },
    async (request) => {
      const user = await users.getById(request.params.id)
      return { sessions: (await sessions.list(user.id)).map(toSessionResponse) }
    },
  )

  app.delete(
    '/api/admin/users/:id/sessions',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Revoke every session of a user',
        description:
          'Their tokens and API keys, named ones as well, are refused from the very next request on.',
        operationId: 'revokeSessions',
        params: UserParams,
        response: {
          200: { ...RevokeSessionsResponse, description: 'No session lives' },
          ...errorResponses(ADMIN_ERRORS, 'user_not_found'),
        },
      },
    },
    async (request) => {
      const user = await users.getById(request.params.id)
      const revoked = await sessions.revokeAll(user.id)
      await recordAct(request, { action: 'sessions_revoked', userId: user.id, details: { revoked } })
      return { revoked }
    },
  )

  app.delete(
    '/api/admin/users/:id/sessions/:sessionId',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Revoke one session of a user',
        description:
          'Its token and API key are refused from the very next request on. To revoke it again is no error.',
        operationId: 'revokeSession',
        params: UserSessionParams,
        response: {
          200: { ...RevokeSessionsResponse, description: 'The session has ended' },
          ...errorResponses(ADMIN_ERRORS, 'user_not_found', 'session_not_found'),
        },
      },
    },
    async (request) => {
      const user = await users.getById(request.params.id)
      const { sessionId } = request.params
      const revoked = await sessions.revoke(user.id, sessionId)
      await recordAct(request, {
        action: 'session_revoked',
        userId: user.id,
        sessionId,
        details: { revoked },
      })
      return { revoked }
    },
  )
}
