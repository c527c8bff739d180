import * as client from 'openid-client'
import { OutsideError, outsideDenied, outsideInvalid, outsideUnavailable } from './outside-provider.ts'

/** Codes of openid-client for a provider that did not answer as one. */
const UNREACHED = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
])

/** Answers of a provider that is in trouble, or does not know this server: no user can help it. */
const OUT_OF_ORDER = new Set([
  'server_error',
  'temporarily_unavailable',
  'invalid_client',
  'unauthorized_client',
  // GitHub's own.
  'incorrect_client_credentials',
  'redirect_uri_mismatch',
])

/** What openid-client or fetch threw, as one of ours: what the provider said stays out of it. */
export function toOutsideError(error: unknown, name: string): OutsideError {
  if (error instanceof OutsideError) return error
  // Thrown by a fetch of ours, which openid-client wraps.
  if (error instanceof client.ClientError && error.cause instanceof OutsideError) return error.cause
  if (error instanceof client.AuthorizationResponseError) {
    if (error.error === 'access_denied') return outsideDenied(name)
    return OUT_OF_ORDER.has(error.error) ? outsideUnavailable(name) : outsideInvalid(name)
  }
  if (error instanceof client.ResponseBodyError) {
    return OUT_OF_ORDER.has(error.error) || error.status >= 500
      ? outsideUnavailable(name)
      : outsideInvalid(name)
  }
  // The secret in the header was refused, or a token that the provider itself just gave out.
  if (error instanceof client.WWWAuthenticateChallengeError) return outsideUnavailable(name)
  // fetch fails with a TypeError whatever is the matter with the network.
  if (error instanceof TypeError && error.message === 'fetch failed') return outsideUnavailable(name)
  const { code, name: kind } = error as { code?: string; name?: string }
  if (kind === 'TimeoutError' || (code !== undefined && UNREACHED.has(code))) return outsideUnavailable(name)
  return outsideInvalid(name)
}
