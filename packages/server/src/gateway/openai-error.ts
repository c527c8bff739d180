import type { ErrorCode } from '@promptmeter/contract'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { statusOf, toRefusal } from '../http/error-handler.ts'
import type { PromptmeterError } from '../promptmeter-error.ts'
import { toLimitResponse } from '../quotas/limit-standing.ts'
import type { QuotaReport } from '../quotas/quota-report.ts'
import type { Principal } from '../sessions/session.ts'
import { GatewayRefusal } from './gateway-refusal.ts'
import { rateLimitHeaders } from './rate-limit-headers.ts'

/** OpenAI's `type` where it is not told by the status. */
const TYPES: Partial<Record<ErrorCode, string>> = {
  insufficient_quota: 'insufficient_quota',
  rate_limit_exceeded: 'rate_limit_error',
  concurrency_limit_reached: 'rate_limit_error',
}

function typeOf({ code }: PromptmeterError): string {
  const status = statusOf(code)
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  return TYPES[code] ?? (status >= 500 ? 'server_error' : 'invalid_request_error')
}

/** A refusal as clients of OpenAI's read it; fields of ours stand beside theirs. */
export function toOpenAiError(refusal: PromptmeterError): Record<string, unknown> {
  const { limit, upgradeUrl, recorded } = refusal instanceof GatewayRefusal ? refusal.details : {}
  return {
    message: refusal.message,
    type: typeOf(refusal),
    param: null,
    code: refusal.code,
    ...(limit !== undefined && { limit: toLimitResponse(limit), upgradeUrl: upgradeUrl ?? null }),
    ...(recorded !== undefined && { usage: toRecordedUsage(recorded) }),
  }
}

function toRecordedUsage({
  prompts,
  tokens,
  cost,
  ...parts
}: NonNullable<GatewayRefusal['details']['recorded']>) {
  return { promptCount: prompts, tokenCount: tokens, costMicros: cost, ...parts }
}

/**
 * The error handler of every route below `/v1`.
 * @param quotaOf where a caller stands, asked for answers that do not know it themselves
 */
export function createGatewayErrorHandler(quotaOf: (principal: Principal) => Promise<QuotaReport>) {
  return async (
    error: FastifyError | Error,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> => {
    const refusal = toRefusal(error, request)
    request.refusedWith = refusal.code
    const known = refusal instanceof GatewayRefusal ? refusal.details.quota : undefined
    const quota = known ?? (await findQuota(request, quotaOf))
    if (quota !== null) reply.headers(rateLimitHeaders(quota))
    return sendRefusal(refusal, error, request, reply)
  }
}

/** Null where nobody is signed in, or nobody can be asked. */
async function findQuota(
  { principal }: FastifyRequest,
  quotaOf: (principal: Principal) => Promise<QuotaReport>,
): Promise<QuotaReport | null> {
  return principal === null ? null : quotaOf(principal).catch(() => null)
}

function sendRefusal(
  refusal: PromptmeterError,
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const status = statusOf(refusal.code)
  if (status >= 500 && (refusal !== error || refusal.cause !== undefined)) {
    request.log.error(
      { err: refusal === error ? refusal.cause : error, reqId: request.id, code: refusal.code },
      'a call of the gateway failed',
    )
  }
  if (status === 401) reply.header('WWW-Authenticate', 'Bearer')
  if (refusal.retryAfterSeconds !== undefined) reply.header('Retry-After', refusal.retryAfterSeconds)
  if (refusal instanceof GatewayRefusal) {
    const { shouldRetry } = refusal.details
    if (shouldRetry !== undefined) reply.header('x-should-retry', String(shouldRetry))
  }
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send({ error: toOpenAiError(refusal), code: refusal.code })
}

/** The event that ends a stream which could not be finished, in the shape of the endpoint. */
export function errorEvent(endpoint: string, refusal: PromptmeterError): string {
  const error = toOpenAiError(refusal)
  if (endpoint !== 'responses') return `data: ${JSON.stringify({ error })}\n\n`
  return `event: error\ndata: ${JSON.stringify({ ...error, type: 'error' })}\n\n`
}
