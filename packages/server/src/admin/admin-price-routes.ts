import {
  DeletePriceQuery,
  PriceListResponse,
  type Price as PriceResponse,
  SetPricesRequest,
} from '@promptmeter/contract'
import type { onRequestAsyncHookHandler } from 'fastify'
import { Type } from 'typebox'
import { ADMIN_ERRORS, BODY_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import type { Price } from '../quotas/price.ts'
import type { PriceService } from '../quotas/price-service.ts'
import type { RecordAct } from './admin-act.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'

export function adminPriceRoutes(
  app: HttpApp,
  prices: PriceService,
  recordAct: RecordAct,
  onlyAdmin: onRequestAsyncHookHandler,
): void {
  app.get(
    '/api/admin/prices',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'List prices',
        description:
          'By model, the newest first. For a call holds the most precise pattern that fits its model and is in ' +
          'effect; where that has several prices, the newest.',
        operationId: 'listPrices',
        response: {
          200: { ...PriceListResponse, description: 'Every price' },
          ...errorResponses(ADMIN_ERRORS),
        },
      },
    },
    async () => toPriceList(await prices.list()),
  )

  app.put(
    '/api/admin/prices',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Add prices, or replace those of the same model and moment',
        description:
          'All or none, from the very next call on; other prices stay. What was charged before is not charged anew.',
        operationId: 'setPrices',
        body: SetPricesRequest,
        response: {
          200: { ...PriceListResponse, description: 'Every price there is now' },
          ...errorResponses(ADMIN_ERRORS, 'invalid_request', BODY_ERRORS),
        },
      },
    },
    async (request) => {
      const kept = await prices.put(request.body.prices)
      const models = [...new Set(request.body.prices.map(({ model }) => model))]
      await recordAct(request, { action: 'price_changed', details: { models } })
      return toPriceList(kept)
    },
  )

  app.delete(
    '/api/admin/prices',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Delete a price',
        description:
          'The one of this model, or pattern, from this moment on. What was charged stays charged.',
        operationId: 'deletePrice',
        querystring: DeletePriceQuery,
        response: {
          204: Type.Null({ description: 'There is no such price any more' }),
          ...errorResponses(ADMIN_ERRORS, 'price_not_found'),
        },
      },
    },
    async (request, reply) => {
      const { model, effectiveFrom } = request.query
      await prices.remove(model, new Date(effectiveFrom))
      await recordAct(request, { action: 'price_deleted', details: { model, effectiveFrom } })
      return reply.code(204).send(null)
    },
  )
}

function toPriceList(prices: readonly Price[]): PriceListResponse {
  return { prices: prices.map(toPriceResponse) }
}

function toPriceResponse(price: Price): PriceResponse {
  return { ...price, effectiveFrom: price.effectiveFrom.toISOString() }
}
