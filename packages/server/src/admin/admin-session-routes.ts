import {
  RevokeSessionsResponse,
  SessionListResponse,
  UserParams,
  UserSessionParams,
} from '@promptmeter/contract'
import type { onRequestHookHandler } from 'fastify'
import { ADMIN_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import { toSessionResponse } from '../sessions/session.ts'
import type { SessionService } from '../sessions/session-service.ts'
import type { UserService } from '../users/user-service.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'

export function adminSessionRoutes(
  app: HttpApp,
  users: UserService,
  sessions: SessionService,
  onlyAdmin: onRequestHookHandler,
): void {
  app.get(
    '/api/admin/users/:id/sessions',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'List the sessions of a user',
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
        description: 'Their tokens and API keys are refused from the very next request on.',
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
      return { revoked: await sessions.revokeAll(user.id) }
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
      return { revoked: await sessions.revoke(user.id, request.params.sessionId) }
    },
  )
}
