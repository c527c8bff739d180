import { MeResponse, UsageHistoryQuery, UsageHistoryResponse } from '@promptmeter/contract'
import { principalOf, requirePrincipal } from '../http/authentication.ts'
import { ACCOUNT_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { Services } from '../services.ts'
import { toLimitResponses, toUserResponse } from '../users/user.ts'
import { accountKeyRoutes } from './account-key-routes.ts'
import { accountSessionRoutes } from './account-session-routes.ts'
import { erasureRoutes } from './erasure-routes.ts'
import { exportRoutes } from './export-routes.ts'

/** What a signed-in user sees of themselves, and does with their account. */
export function accountRoutes(app: HttpApp, services: Services, upgradeUrl: string | null): void {
  const { sessions, usage, audit } = services
  const onlyUser = requirePrincipal(sessions, { cookie: services.browserCookie })
  accountSessionRoutes(app, sessions, audit, onlyUser)
  accountKeyRoutes(app, sessions, services.keys, audit, onlyUser)
  exportRoutes(app, sessions, services.exports, audit, onlyUser)
  erasureRoutes(app, sessions, services.removal, audit, onlyUser)

  app.get(
    '/api/me',
    {
      onRequest: onlyUser,
      schema: {
        tags: ['Account'],
        summary: 'The calling user, with counts and every limit',
        operationId: 'getMe',
        security: [{ session: [] }],
        response: {
          200: { ...MeResponse, description: 'The calling user' },
          ...errorResponses(ACCOUNT_ERRORS),
        },
      },
    },
    async (request) => {
      const principal = principalOf(request)
      const user = await sessions.getCaller(principal)
      return {
        ...toUserResponse(user),
        limits: toLimitResponses(user),
        apiKey: sessions.apiKeyOf(principal),
        upgradeUrl,
      }
    },
  )

  app.get(
    '/api/me/usage',
    {
      onRequest: onlyUser,
      schema: {
        tags: ['Account'],
        summary: "The calling user's usage over time",
        description: 'Buckets are UTC and half-open; those without usage are there with zeros.',
        operationId: 'getMyUsage',
        security: [{ session: [] }],
        querystring: UsageHistoryQuery,
        response: {
          200: { ...UsageHistoryResponse, description: 'The history' },
          ...errorResponses(ACCOUNT_ERRORS),
        },
      },
    },
    async (request) => {
      const user = await sessions.getCaller(principalOf(request))
      return usage.history(user.id, request.query)
    },
  )
}
