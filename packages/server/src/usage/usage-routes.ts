import {
  BatchEvent,
  type BatchResult,
  IdempotencyHeaders,
  OpenTrackUsageBatchRequest,
  TrackUsageBatchRequest,
  TrackUsageBatchResponse,
  TrackUsageRequest,
  TrackUsageResponse,
} from '@promptmeter/contract'
import type { FastifyRequest } from 'fastify'
import { principalOf, requirePrincipal } from '../http/authentication.ts'
import { describeValidation, statusOf, toErrorResponse, toRefusal } from '../http/error-handler.ts'
import { BODY_ERRORS, errorResponses, PRINCIPAL_ERRORS } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import { parseIdempotencyKey } from '../http/idempotency-key.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { CredentialVerifier } from '../sessions/credential-verifier.ts'
import type { UsageService } from './usage-service.ts'

const FAILURE_MESSAGE = 'Failed to track usage.'

/** Refusals of the caller: where no event was counted and one met such a refusal, the whole request does. */
const CALLER_CODES = new Set([
  'user_not_found',
  'token_invalid',
  'user_disabled',
  'database_unavailable',
  'overloaded',
])

export function usageRoutes(app: HttpApp, usage: UsageService, verifier: CredentialVerifier): void {
  app.post(
    '/trackUsage',
    {
      onRequest: requirePrincipal(verifier),
      config: { invalidCode: 'invalid_usage', failureMessage: FAILURE_MESSAGE },
      schema: {
        tags: ['Usage'],
        summary: "Add to the user's usage and token count",
        description:
          'Answers once the event is durable, with the counts after this very call. It records a fact, so it never ' +
          'refuses for being over the threshold. With an `Idempotency-Key` it may be retried: it counts once, and a ' +
          "retry gets the first answer's counts and the header `Idempotent-Replayed: true`.",
        operationId: 'trackUsage',
        security: [{ session: [] }],
        headers: IdempotencyHeaders,
        body: TrackUsageRequest,
        response: {
          200: { ...TrackUsageResponse, description: 'Counted' },
          ...errorResponses(PRINCIPAL_ERRORS, BODY_ERRORS, [
            'invalid_usage',
            'idempotency_key_invalid',
            'idempotency_key_reused',
            'overloaded',
          ]),
        },
      },
    },
    async (request, reply) => {
      const key = parseIdempotencyKey(request.headers['idempotency-key'])
      const { response, replayed } = await usage.track(principalOf(request), request.body, key)
      if (replayed) reply.header('Idempotent-Replayed', 'true')
      return response
    },
  )

  app.post(
    '/trackUsage/batch',
    {
      onRequest: requirePrincipal(verifier),
      config: {
        invalidCode: 'invalid_usage',
        failureMessage: FAILURE_MESSAGE,
        publishedBody: TrackUsageBatchRequest,
      },
      schema: {
        tags: ['Usage'],
        summary: 'Add many events, for an editor that was offline',
        description:
          'Up to 1,000 events, each with its own key and its own result. Events are counted in their order.',
        operationId: 'trackUsageBatch',
        security: [{ session: [] }],
        body: OpenTrackUsageBatchRequest,
        response: {
          200: { ...TrackUsageBatchResponse, description: 'A result for each event' },
          ...errorResponses(PRINCIPAL_ERRORS, BODY_ERRORS, ['invalid_usage', 'overloaded']),
        },
      },
    },
    async (request) => {
      const outcomes = await Promise.all(
        request.body.events.map((event) => trackEvent(request, usage, event)),
      )
      const errors = outcomes.filter((outcome) => outcome instanceof PromptmeterError)
      const refusal = errors.find(({ code }) => CALLER_CODES.has(code))
      if (refusal !== undefined && errors.length === outcomes.length) throw refusal
      return { results: outcomes.map(toBatchResult) }
    },
  )
}

type BatchOutcome = Awaited<ReturnType<UsageService['track']>> | PromptmeterError

/** One event of a batch: what is wrong with it concerns no other. */
async function trackEvent(
  request: FastifyRequest,
  usage: UsageService,
  event: unknown,
): Promise<BatchOutcome> {
  const validate = request.getValidationFunction(BatchEvent) ?? request.compileValidationSchema(BatchEvent)
  if (!validate(event)) {
    const message = describeValidation(validate.errors ?? [], 'event')
    return new PromptmeterError('invalid_usage', `${message}.`)
  }
  const { idempotencyKey, ...body } = event as BatchEvent
  try {
    return await usage.track(principalOf(request), body, idempotencyKey)
  } catch (error) {
    const refusal = toRefusal(error as Error, request)
    if (refusal !== error) request.log.error({ err: error, reqId: request.id }, 'an event of a batch failed')
    return refusal
  }
}

function toBatchResult(outcome: BatchOutcome): BatchResult {
  if (outcome instanceof PromptmeterError)
    return { status: statusOf(outcome.code), ...toErrorResponse(outcome) }
  return { status: 200, replayed: outcome.replayed, ...outcome.response }
}
