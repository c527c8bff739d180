import { CreatedKeyResponse, CreateKeyRequest, KeyListResponse, KeyParams } from '@promptmeter/contract'
import type { onRequestHookHandler } from 'fastify'
import { Type } from 'typebox'
import type { AuditService } from '../audit/audit-service.ts'
import { principalOf } from '../http/authentication.ts'
import { BODY_ERRORS, errorResponses, SESSION_ERRORS } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { NamedKeyService } from '../sessions/named-key-service.ts'
import { toKeyResponse } from '../sessions/session.ts'
import type { SessionService } from '../sessions/session-service.ts'
import { recordOwnAct } from './account-act.ts'

/** The named API keys of a user, for what runs without an editor. */
export function accountKeyRoutes(
  app: HttpApp,
  sessions: SessionService,
  keys: NamedKeyService,
  audit: AuditService,
  onlyUser: onRequestHookHandler,
): void {
  const common = { tags: ['Account'], security: [{ session: [] }] }

  app.post(
    '/api/me/keys',
    {
      onRequest: onlyUser,
      schema: {
        ...common,
        summary: 'Make a named API key',
        description:
          'It may count usage, call the gateway and read `/api/me` and `/api/me/usage`; nothing else. The answer is the ' +
          'only place where the key is ever shown. At most 100 of a user live at once.',
        operationId: 'createMyKey',
        body: CreateKeyRequest,
        response: {
          201: { ...CreatedKeyResponse, description: 'The key' },
          ...errorResponses(SESSION_ERRORS, BODY_ERRORS, 'invalid_request', 'too_many_keys'),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const { name, expiresInDays = null } = request.body
      await sessions.getSessionCaller(principal)
      const { key, apiKey } = await keys.create(principal, { name, expiresInDays })
      await recordOwnAct(audit, request, {
        action: 'key_created',
        sessionId: key.id,
        details: { expiresInDays },
      })
      return reply
        .code(201)
        .header('Cache-Control', 'no-store')
        .send({ ...toKeyResponse(key), apiKey })
    },
  )

  app.get(
    '/api/me/keys',
    {
      onRequest: onlyUser,
      schema: {
        ...common,
        summary: 'List the named API keys of the calling user',
        description: 'What they are called and when they were used; never the keys themselves.',
        operationId: 'listMyKeys',
        response: {
          200: { ...KeyListResponse, description: 'The keys' },
          ...errorResponses(SESSION_ERRORS),
        },
      },
    },
    async (request) => {
      const principal = principalOf(request)
      await sessions.getSessionCaller(principal)
      return { keys: (await keys.list(principal.userId)).map(toKeyResponse) }
    },
  )

  app.delete(
    '/api/me/keys/:id',
    {
      onRequest: onlyUser,
      schema: {
        ...common,
        summary: 'Revoke a named API key',
        description: 'It is refused from the very next request on. To revoke it again is no error.',
        operationId: 'revokeMyKey',
        params: KeyParams,
        response: {
          204: Type.Null({ description: 'The key has ended' }),
          ...errorResponses(SESSION_ERRORS, 'key_not_found'),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const { id } = request.params
      await sessions.getSessionCaller(principal)
      const revoked = await keys.revoke(principal.userId, id)
      await recordOwnAct(audit, request, { action: 'key_revoked', sessionId: id, details: { revoked } })
      return reply.code(204).send(null)
    },
  )
}
