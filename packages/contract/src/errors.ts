import { type Static, Type } from 'typebox'

/**
 * Every `code` an answer may carry. Clients switch on the code; the sentence beside it is for people and may change
 * wherever the contract does not fix it.
 */
export const ERROR_CODES = [
  'admin_disabled',
  'admin_key_invalid',
  'below_zero',
  'body_too_large',
  'database_unavailable',
  'draining',
  'duplicate_header',
  'email_invalid',
  'email_required',
  'headers_too_large',
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'internal_error',
  'invalid_json',
  'invalid_request',
  'invalid_usage',
  'method_not_allowed',
  'not_found',
  'overloaded',
  'proxy_refused',
  'request_timeout',
  'schema_mismatch',
  'session_not_found',
  'sign_in_elsewhere',
  'token_invalid',
  'token_missing',
  'unsupported_media_type',
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
