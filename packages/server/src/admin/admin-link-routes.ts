import { AdminLinkResponse } from '@promptmeter/contract'
import type { onRequestAsyncHookHandler } from 'fastify'
import { adminOf } from '../http/admin-access.ts'
import { ADMIN_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import { operatorLinkUrl } from '../sessions/operator-session.ts'
import type { OperatorSessionService } from '../sessions/operator-session-service.ts'
import type { RecordAct } from './admin-act.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'

export interface AdminLinkParts {
  readonly operators: OperatorSessionService
  /** The origin people reach this server at. */
  readonly issuer: () => string
  readonly recordAct: RecordAct
  readonly onlyAdmin: onRequestAsyncHookHandler
}

/** One-time links that open the dashboard as the operator. Whoever has one is the operator, so only the key makes them. */
export function adminLinkRoutes(
  app: HttpApp,
  { operators, issuer, recordAct, onlyAdmin }: AdminLinkParts,
): void {
  /** An admin would become the operator, and a browser would live on by links of its own. */
  const onlyKey: onRequestAsyncHookHandler = async (request) => {
    if (request.headers.authorization !== undefined && adminOf(request).kind === 'operator') return
    throw new PromptmeterError('admin_required', 'Only the ADMIN_KEY itself may do this.')
  }

  app.post(
    '/api/admin/links',
    {
      onRequest: [onlyAdmin, onlyKey],
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Make a link that opens the dashboard as the operator',
        description:
          'It counts once, for an hour, and signs its browser in for twelve. Only the `ADMIN_KEY` itself makes one: a ' +
          'session of an admin is refused.',
        operationId: 'createAdminLink',
        security: [{ admin: [] }],
        response: {
          201: { ...AdminLinkResponse, description: 'The link; it is told nowhere else' },
          ...errorResponses(ADMIN_ERRORS),
        },
      },
    },
    async (request, reply) => {
      const { secret, expiresAt } = await operators.createLink()
      await recordAct(request, { action: 'admin_link_made' })
      return reply
        .code(201)
        .send({ url: operatorLinkUrl(issuer(), secret), expiresAt: expiresAt.toISOString() })
    },
  )
}
