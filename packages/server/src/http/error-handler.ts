import type { ErrorCode, ErrorResponse } from '@promptmeter/contract'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { FastifySchemaValidationError } from 'fastify/types/schema.js'
import { isContention, isUnavailable } from '../database/database-errors.ts'
import { PromptmeterError } from '../promptmeter-error.ts'

/** The status of every error code. */
const STATUSES: Record<ErrorCode, number> = {
  admin_disabled: 403,
  admin_key_invalid: 403,
  admin_required: 403,
  below_zero: 422,
  body_too_large: 413,
  code_invalid: 403,
  concurrency_limit_reached: 429,
  database_unavailable: 503,
  draining: 503,
  duplicate_header: 400,
  email_invalid: 400,
  email_required: 400,
  headers_too_large: 431,
  hold_lost: 503,
  idempotency_key_in_flight: 409,
  idempotency_key_invalid: 400,
  idempotency_key_reused: 422,
  idempotency_key_used: 409,
  insufficient_quota: 429,
  internal_error: 500,
  invalid_json: 400,
  invalid_request: 400,
  invalid_usage: 400,
  key_not_found: 404,
  mail_not_configured: 409,
  method_not_allowed: 405,
  model_not_allowed: 403,
  model_not_found: 404,
  model_not_priced: 403,
  not_found: 404,
  origin_refused: 403,
  overloaded: 503,
  plan_in_use: 409,
  plan_not_found: 404,
  price_not_found: 404,
  proxy_refused: 403,
  rate_limit_exceeded: 429,
  request_timeout: 408,
  schema_mismatch: 503,
  session_not_found: 404,
  session_required: 403,
  sign_in_again: 403,
  sign_in_elsewhere: 403,
  token_invalid: 403,
  token_missing: 401,
  too_many_attempts: 429,
  too_many_keys: 409,
  unbounded_request: 400,
  unsupported_media_type: 415,
  upstream_invalid_response: 502,
  upstream_key_refused: 502,
  upstream_not_configured: 503,
  upstream_timeout: 504,
  upstream_unreachable: 502,
  user_disabled: 403,
  user_exists: 409,
  user_not_found: 404,
}

/** What Fastify itself refuses, in our words. */
const FASTIFY_ERRORS: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is too large.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'Content-Length does not fit the body.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_json', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_BAD_URL: ['invalid_request', 'The path is not a valid URL.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'Nothing is here. The API reference is at /docs.'],
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The code of a request that does not fit the schema; `invalid_request` when left out. */
    invalidCode?: ErrorCode
    /** The sentence of an unexpected failure, where the contract fixes one. */
    failureMessage?: string
  }
}

export function statusOf(code: ErrorCode): number {
  return STATUSES[code]
}

/** The one place where an error becomes an answer. */
export function handleError(
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const refusal = toRefusal(error, request)
  request.refusedWith = refusal.code
  const status = statusOf(refusal.code)
  // A refusal of our own, `overloaded` say, is told by the line of its request; thousands of stacks would help nobody.
  if (status >= 500 && refusal !== error)
    request.log.error({ err: error, reqId: request.id }, 'request failed')
  if (status === 401) reply.header('WWW-Authenticate', 'Bearer')
  if (refusal.retryAfterSeconds !== undefined) reply.header('Retry-After', refusal.retryAfterSeconds)
  return reply.code(status).type('application/json; charset=utf-8').send(toErrorResponse(refusal))
}

export function toErrorResponse({ message, code }: PromptmeterError): ErrorResponse {
  return { error: message, code }
}

/** Every error as a refusal with a code; what nobody expected says nothing about itself. */
export function toRefusal(error: FastifyError | Error, request: FastifyRequest): PromptmeterError {
  if (error instanceof PromptmeterError) return error
  if (isUnavailable(error) || isContention(error)) {
    return new PromptmeterError(
      'database_unavailable',
      'The database cannot be reached. Try again in a moment.',
      {
        retryAfterSeconds: 1,
      },
    )
  }
  const { config } = request.routeOptions
  if ('validation' in error && error.validation) {
    return new PromptmeterError(
      config.invalidCode ?? 'invalid_request',
      `${describeValidation(error.validation, error.validationContext ?? 'body')}.`,
    )
  }
  if ('code' in error && error.code in FASTIFY_ERRORS) {
    const [code, message] = FASTIFY_ERRORS[error.code] as [ErrorCode, string]
    return new PromptmeterError(code, message)
  }
  if ('statusCode' in error && error.statusCode !== undefined && error.statusCode < 500) {
    return new PromptmeterError('invalid_request', 'The request cannot be read.')
  }
  return new PromptmeterError('internal_error', config.failureMessage ?? 'Internal server error.')
}

/** Says what is wrong with which field, never repeating what was sent. */
export function describeValidation(problems: readonly FastifySchemaValidationError[], whole: string): string {
  const [problem] = problems
  const field = problem?.instancePath.slice(1).replaceAll('/', '.') || whole
  const { allowedValues, additionalProperty } = (problem?.params ?? {}) as Record<string, unknown>
  if (Array.isArray(allowedValues)) return `${field} must be one of ${allowedValues.join(', ')}`
  if (typeof additionalProperty === 'string') return `${field} has a field that is not known`
  if (problem?.keyword === 'pattern') return `${field} has characters that are not allowed`
  if (problem?.keyword === 'format')
    return `${field} must be a valid ${(problem.params as { format: string }).format}`
  return `${field} ${problem?.message ?? 'is not valid'}`
}
