import {
  MySessionListResponse,
  MySessionParams,
  type MySessionResponse,
  RenewSessionResponse,
  RevokeMySessionsQuery,
  RevokeSessionsResponse,
} from '@promptmeter/contract'
import type { onRequestHookHandler } from 'fastify'
import type { AuditService } from '../audit/audit-service.ts'
import { principalOf } from '../http/authentication.ts'
import { errorResponses, SESSION_ERRORS } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import { type Session, toSessionResponse } from '../sessions/session.ts'
import type { SessionService } from '../sessions/session-service.ts'
import { recordOwnAct } from './account-act.ts'

/** Where a user is signed in, and how that goes on or ends. */
export function accountSessionRoutes(
  app: HttpApp,
  sessions: SessionService,
  audit: AuditService,
  onlyUser: onRequestHookHandler,
): void {
  const common = { tags: ['Account'], security: [{ session: [] }] }

  app.get(
    '/api/me/sessions',
    {
      onRequest: onlyUser,
      schema: {
        ...common,
        summary: 'Where the calling user is signed in',
        description: 'Named API keys are listed by `GET /api/me/keys`.',
        operationId: 'listMySessions',
        response: {
          200: { ...MySessionListResponse, description: 'The sessions' },
          ...errorResponses(SESSION_ERRORS),
        },
      },
    },
    async (request) => {
      const principal = principalOf(request)
      await sessions.getSessionCaller(principal)
      const signIns = await sessions.list(principal.userId, 'sign-in')
      return { sessions: signIns.map((session) => toMySessionResponse(session, principal.sessionId)) }
    },
  )

  app.delete(
    '/api/me/sessions',
    {
      onRequest: onlyUser,
      schema: {
        ...common,
        summary: 'Sign out everywhere',
        description:
          'Ends every sign-in of the calling user, with `keepCurrent=true` all but the one that asks: their tokens and ' +
          'API keys are refused from the very next request on. Named API keys go on; each is ended by itself.',
        operationId: 'revokeMySessions',
        querystring: RevokeMySessionsQuery,
        response: {
          200: { ...RevokeSessionsResponse, description: 'The sessions have ended' },
          ...errorResponses(SESSION_ERRORS),
        },
      },
    },
    async (request) => {
      const principal = principalOf(request)
      const { keepCurrent = false } = request.query
      await sessions.getSessionCaller(principal)
      const except = keepCurrent ? principal.sessionId : undefined
      const revoked = await sessions.revokeAll(principal.userId, { kind: 'sign-in', except })
      await recordOwnAct(audit, request, { action: 'sessions_revoked', details: { revoked, keepCurrent } })
      return { revoked }
    },
  )

  app.delete(
    '/api/me/sessions/:id',
    {
      onRequest: onlyUser,
      schema: {
        ...common,
        summary: 'Sign out one session',
        description:
          'Its token and API key are refused from the very next request on. To end it again is no error.',
        operationId: 'revokeMySession',
        params: MySessionParams,
        response: {
          200: { ...RevokeSessionsResponse, description: 'The session has ended' },
          ...errorResponses(SESSION_ERRORS, 'session_not_found'),
        },
      },
    },
    async (request) => {
      const { userId } = principalOf(request)
      const { id } = request.params
      await sessions.getSessionCaller(principalOf(request))
      const revoked = await sessions.revoke(userId, id, 'sign-in')
      await recordOwnAct(audit, request, {
        action: 'session_revoked',
        sessionId: id,
        details: { revoked },
      })
      return { revoked }
    },
  )

  app.post(
    '/api/session/renew',
    {
      onRequest: onlyUser,
      schema: {
        ...common,
        summary: 'Get a fresh token of the calling session',
        description:
          'From half of its 30 days on the session lives for 30 days more, up to a year after the sign-in; before, the ' +
          'answer is a token that ends with the session as it is. Session and API key stay the same, and tokens from ' +
          'before stay good until they end by themselves: several windows may renew at once.',
        operationId: 'renewSession',
        response: {
          200: { ...RenewSessionResponse, description: 'The fresh token' },
          ...errorResponses(SESSION_ERRORS),
        },
      },
    },
    async (request) => {
      const { sessionToken, expiresAt, renewed } = await sessions.renew(principalOf(request))
      if (renewed) {
        const details = { expiresAt: expiresAt.toISOString() }
        await recordOwnAct(audit, request, { action: 'session_renewed', details })
      }
      return { sessionToken, expiresAt: expiresAt.toISOString(), renewed }
    },
  )
}

function toMySessionResponse(session: Session, currentId: string): MySessionResponse {
  const { kind: _, ...response } = toSessionResponse(session)
  return { ...response, current: session.id === currentId }
}
