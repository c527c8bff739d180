import type { ErrorCode } from '@promptmeter/contract'
import { type TObject, Type } from 'typebox'
import { ERROR_EXAMPLES } from './error-examples.ts'
import { statusOf } from './error-handler.ts'

/** What any request may meet, whatever its route. */
const COMMON: readonly ErrorCode[] = [
  'invalid_request',
  'duplicate_header',
  'proxy_refused',
  'internal_error',
  'database_unavailable',
]

/** What any request with a body may meet besides. */
export const BODY_ERRORS: readonly ErrorCode[] = ['invalid_json', 'body_too_large', 'unsupported_media_type']

/** The refusals of a route that needs a principal. */
export const PRINCIPAL_ERRORS: readonly ErrorCode[] = [
  'token_missing',
  'token_invalid',
  'user_disabled',
  'user_not_found',
]

/** The same where the cookie of the dashboard is taken as well. */
export const ACCOUNT_ERRORS: readonly ErrorCode[] = [...PRINCIPAL_ERRORS, 'origin_refused']

/** The refusals of a route that needs a session: a named API key is not enough. */
export const SESSION_ERRORS: readonly ErrorCode[] = [...ACCOUNT_ERRORS, 'session_required']

/** The refusals of a route that needs the admin key, or a session of an admin. */
export const ADMIN_ERRORS: readonly ErrorCode[] = [
  'token_missing',
  'admin_disabled',
  'admin_key_invalid',
  'admin_required',
  'token_invalid',
  'origin_refused',
  'user_disabled',
  'user_not_found',
]

/** The `response` schemas of a route's refusals, by status, each naming the codes it may carry, the likeliest first. */
export function errorResponses(
  ...codes: readonly (ErrorCode | readonly ErrorCode[])[]
): Record<number, TObject> {
  const all = new Set([...codes.flat(), ...COMMON])
  const byStatus = Map.groupBy(all, statusOf)
  const responses: Record<number, TObject> = {}
  for (const [status, names] of byStatus) {
    responses[status] = Type.Object(
      {
        error: Type.String({
          description: 'What went wrong, for people',
          examples: names.map((name) => ERROR_EXAMPLES[name]),
        }),
        code: Type.Enum([...names], { description: 'What went wrong, for programs', examples: [...names] }),
      },
      { description: names.map((name) => `\`${name}\``).join(', ') },
    )
  }
  return responses
}
