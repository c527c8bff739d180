import { PlanPreviewResponse, PlanRequest, PutPlanParams } from '@promptmeter/contract'
import type { onRequestAsyncHookHandler } from 'fastify'
import { ADMIN_ERRORS, BODY_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { StandingService } from '../users/standing-service.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'

export function adminPlanPreviewRoutes(
  app: HttpApp,
  standings: StandingService,
  onlyAdmin: onRequestAsyncHookHandler,
): void {
  app.post(
    '/api/admin/plans/:name/preview',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'See whom a change of a plan would concern',
        description:
          'Takes what `PUT /api/admin/plans/{name}` takes, refuses what it refuses, and changes nothing. Users with a ' +
          'threshold or overrides of their own stand by those, disabled ones are counted, and what calls under way hold ' +
          'is not looked at.',
        operationId: 'previewPlan',
        params: PutPlanParams,
        body: PlanRequest,
        response: {
          200: { ...PlanPreviewResponse, description: 'How users would stand' },
          ...errorResponses(ADMIN_ERRORS, 'invalid_request', BODY_ERRORS),
        },
      },
    },
    async (request) => standings.previewPlan(request.params.name, request.body),
  )
}
