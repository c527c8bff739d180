import type { onRequestHookHandler } from 'fastify'
import { Type } from 'typebox'
import type { AuditService } from '../audit/audit-service.ts'
import { principalOf } from '../http/authentication.ts'
import { errorResponses, SESSION_ERRORS } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { RemovalService } from '../ledger/removal-service.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import { RECENT_SIGN_IN_MINUTES } from '../sessions/session.ts'
import type { SessionService } from '../sessions/session-service.ts'

export function erasureRoutes(
  app: HttpApp,
  sessions: SessionService,
  removal: RemovalService,
  audit: AuditService,
  onlyUser: onRequestHookHandler,
): void {
  app.delete(
    '/api/me',
    {
      onRequest: onlyUser,
      schema: {
        tags: ['Account'],
        summary: 'Erase the calling user with everything kept of them',
        description:
          `For good. The session must have begun within the last ${RECENT_SIGN_IN_MINUTES} minutes, or the answer is 403 ` +
          '`sign_in_again`; a renewed session is as old as its sign-in. The audit log keeps the id alone.',
        operationId: 'eraseMe',
        security: [{ session: [] }],
        response: {
          204: Type.Null({ description: 'Nothing of the user is left' }),
          ...errorResponses(SESSION_ERRORS, 'sign_in_again'),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const { user, recent } = await sessions.getSessionCaller(principal)
      if (!recent) {
        throw new PromptmeterError(
          'sign_in_again',
          `This needs a sign-in of the last ${RECENT_SIGN_IN_MINUTES} minutes: sign in again.`,
        )
      }
      await removal.remove(user.id)
      await audit.record({
        action: 'user_erased',
        actor: { kind: 'user', ...principal },
        origin: null,
        userId: user.id,
        sessionId: principal.sessionId,
      })
      return reply.code(204).send(null)
    },
  )
}
