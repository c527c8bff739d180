import type { AuditService } from '../audit/audit-service.ts'
import { acceptOnlyForms, type Form } from '../http/form-body.ts'
import type { HttpApp } from '../http/http-app.ts'
import { originOf } from '../http/request-origin.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { SessionService } from '../sessions/session-service.ts'
import { EDITOR_CLIENT, OAUTH_PATHS } from './oauth-terms.ts'

/**
 * Token revocation (RFC 7009) over sessions: what is revoked is the session behind a token or API key. A token that is
 * none answers 200 as well, as the RFC asks.
 */
export async function revocationRoutes(
  app: HttpApp,
  sessions: SessionService,
  audit: AuditService,
): Promise<void> {
  await app.register(async (scope) => {
    acceptOnlyForms(scope)
    scope.post(OAUTH_PATHS.revocation, { schema: { hide: true } }, async (request, reply) => {
      const { token, client_id: clientId } = request.body as Form
      if (clientId !== undefined && clientId !== EDITOR_CLIENT)
        return reply.code(401).send({ error: 'invalid_client', error_description: 'the client is not known' })
      if (token === undefined || token === '')
        return reply.code(400).send({ error: 'invalid_request', error_description: 'token is missing' })
      try {
        const principal = await sessions.revokeByCredential(token)
        if (principal !== null) {
          const { userId, sessionId } = principal
          const actor = { kind: 'user', userId, sessionId } as const
          await audit.record({
            action: 'session_revoked',
            actor,
            origin: originOf(request),
            userId,
            sessionId,
          })
        }
      } catch (error) {
        if (!(error instanceof PromptmeterError)) throw error
      }
      return reply.code(200).send()
    })
  })
}
