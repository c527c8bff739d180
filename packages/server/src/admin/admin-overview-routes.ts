import { OverviewQuery, OverviewResponse } from '@promptmeter/contract'
import type { onRequestAsyncHookHandler } from 'fastify'
import { ADMIN_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { OverviewService } from '../overview/overview-service.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'

export function adminOverviewRoutes(
  app: HttpApp,
  overview: OverviewService,
  onlyAdmin: onRequestAsyncHookHandler,
): void {
  app.get(
    '/api/admin/overview',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'What all users use, and how they stand',
        description:
          'Buckets are UTC and half-open; those without usage are there with zeros. Totals are the sums of the buckets, ' +
          'and buckets those of their groups. An answer may be remembered for some seconds: `at` says when it was read.',
        operationId: 'getOverview',
        querystring: OverviewQuery,
        response: {
          200: { ...OverviewResponse, description: 'The overview' },
          ...errorResponses(ADMIN_ERRORS),
        },
      },
    },
    async (request) => overview.read(request.query),
  )
}
