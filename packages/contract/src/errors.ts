import { type Static, Type } from 'typebox'

/**
 * Every `code` an answer may carry. Clients switch on the code; the sentence beside it is for people and may change
 * wherever the contract does not fix it.
 */
export const ERROR_CODES = [
  'admin_disabled',
  'admin_key_invalid',
  'admin_required',
  'below_zero',
  'body_too_large',
  'code_invalid',
  'concurrency_limit_reached',
  'database_unavailable',
  'draining',
  'duplicate_header',
  'email_invalid',
  'email_required',
  'headers_too_large',
  'hold_lost',
  'idempotency_key_in_flight',
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'idempotency_key_used',
  'insufficient_quota',
  'internal_error',
  'invalid_json',
  'invalid_request',
  'invalid_usage',
  'key_not_found',
  'mail_not_configured',
  'method_not_allowed',
  'model_not_allowed',
  'model_not_found',
  'model_not_priced',
  'not_found',
  'origin_refused',
  'overloaded',
  'plan_in_use',
  'plan_not_found',
  'price_not_found',
  'proxy_refused',
  'rate_limit_exceeded',
  'request_timeout',
  'schema_mismatch',
  'session_not_found',
  'session_required',
  'sign_in_again',
  'sign_in_elsewhere',
  'token_invalid',
  'token_missing',
  'too_many_attempts',
  'too_many_keys',
  'unbounded_request',
  'unsupported_media_type',
  'upstream_invalid_response',
  'upstream_key_refused',
  'upstream_not_configured',
  'upstream_timeout',
  'upstream_unreachable',
  'user_disabled',
  'user_exists',
  'user_not_found',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** The one shape of every refusal and failure. */
export const ErrorResponse = Type.Object(
  {
    error: Type.String({ description: 'What went wrong, for people', examples: ['User not found.'] }),
    code: Type.Enum([...ERROR_CODES], {
      description: 'What went wrong, for programs',
      examples: ['user_not_found'],
    }),
  },
  { title: 'ErrorResponse' },
)
export type ErrorResponse = Static<typeof ErrorResponse>
