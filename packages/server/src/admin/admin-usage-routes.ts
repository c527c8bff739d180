import {
  AdminUserResponse,
  CorrectionRequest,
  IdempotencyHeaders,
  UsageEventListQuery,
  UsageEventListResponse,
  UsageHistoryQuery,
  UsageHistoryResponse,
  UserParams,
} from '@promptmeter/contract'
import type { onRequestAsyncHookHandler } from 'fastify'
import { ADMIN_ERRORS, BODY_ERRORS, errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import { parseIdempotencyKey } from '../http/idempotency-key.ts'
import type { CorrectionService } from '../ledger/correction-service.ts'
import type { UsageEventService } from '../usage/usage-event-service.ts'
import type { UsageService } from '../usage/usage-service.ts'
import { toAdminUserResponse } from '../users/user.ts'
import type { UserService } from '../users/user-service.ts'
import type { RecordAct } from './admin-act.ts'
import { ADMIN_SCHEMA } from './admin-schema.ts'

interface AdminUsageParts {
  readonly users: UserService
  readonly usage: UsageService
  readonly usageEvents: UsageEventService
  readonly corrections: CorrectionService
  readonly recordAct: RecordAct
  readonly onlyAdmin: onRequestAsyncHookHandler
}

export function adminUsageRoutes(
  app: HttpApp,
  { users, usage, usageEvents, corrections, recordAct, onlyAdmin }: AdminUsageParts,
): void {
  app.get(
    '/api/admin/users/:id/usage',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'The usage of a user over time',
        description: 'Buckets are UTC and half-open; those without usage are there with zeros.',
        operationId: 'getUserUsage',
        params: UserParams,
        querystring: UsageHistoryQuery,
        response: {
          200: { ...UsageHistoryResponse, description: 'The history' },
          ...errorResponses(ADMIN_ERRORS, 'user_not_found'),
        },
      },
    },
    async (request) => {
      const user = await users.getById(request.params.id)
      return usage.history(user.id, request.query)
    },
  )

  app.get(
    '/api/admin/users/:id/events',
    {
      onRequest: onlyAdmin,
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'What was recorded of a user, event by event',
        description:
          'Newest first, in pages: send `nextBefore` as `before` until it is null. Events never change, so following ' +
          'the pages shows each of them once, whatever is recorded meanwhile.',
        operationId: 'listUserEvents',
        params: UserParams,
        querystring: UsageEventListQuery,
        response: {
          200: { ...UsageEventListResponse, description: 'A page of events' },
          ...errorResponses(ADMIN_ERRORS, 'user_not_found'),
        },
      },
    },
    async (request) => {
      const user = await users.getById(request.params.id)
      return usageEvents.list(user.id, request.query)
    },
  )

  app.post(
    '/api/admin/users/:id/corrections',
    {
      onRequest: onlyAdmin,
      config: { invalidCode: 'invalid_usage' },
      schema: {
        ...ADMIN_SCHEMA,
        summary: 'Correct the usage of a user',
        description:
          "Records an event that amends: it moves the user's counts, and the history at `occurredAt` under this model " +
          'and source. What would fall below zero anywhere is refused, and nothing is written. It works for disabled ' +
          'users too. With an `Idempotency-Key` it may be retried: it counts once, and a retry gets the first ' +
          "answer's counts and the header `Idempotent-Replayed: true`.",
        operationId: 'correctUsage',
        params: UserParams,
        headers: IdempotencyHeaders,
        body: CorrectionRequest,
        response: {
          201: { ...AdminUserResponse, description: 'The user, with the counts after this very correction' },
          ...errorResponses(ADMIN_ERRORS, BODY_ERRORS, [
            'user_not_found',
            'invalid_usage',
            'below_zero',
            'idempotency_key_invalid',
            'idempotency_key_reused',
          ]),
        },
      },
    },
    async (request, reply) => {
      const idempotencyKey = parseIdempotencyKey(request.headers['idempotency-key'])
      const { usage, tokenCount, costMicros, model, source, occurredAt, reason } = request.body
      const { user, replayed } = await corrections.correct({
        userId: request.params.id,
        prompts: usage ?? 0,
        tokens: tokenCount ?? 0,
        cost: costMicros ?? 0,
        model: model ?? null,
        source: source ?? null,
        occurredAt: occurredAt === undefined ? null : new Date(occurredAt),
        reason,
        idempotencyKey,
      })
      if (!replayed) {
        // The reason is free text: it could hold an address.
        await recordAct(request, {
          action: 'usage_corrected',
          userId: user.id,
          details: { prompts: usage ?? 0, tokens: tokenCount ?? 0, cost: costMicros ?? 0 },
        })
      }
      if (replayed) reply.header('Idempotent-Replayed', 'true')
      return reply.code(201).send(toAdminUserResponse(user))
    },
  )
}
