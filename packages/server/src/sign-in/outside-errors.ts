import * as client from 'openid-client'
import { OutsideError, outsideDenied, outsideInvalid, outsideUnavailable } from './outside-provider.ts'

/** Codes of openid-client for a provider that did not answer as one. */
const UNREACHED = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
])

/** What openid-client or fetch threw, as one of ours: what the provider said stays out of it. */
export function toOutsideError(error: unknown, name: string): OutsideError {
  if (error instanceof OutsideError) return error
  if (error instanceof client.AuthorizationResponseError) {
    return error.error === 'access_denied' ? outsideDenied(name) : outsideInvalid(name)
  }
  // fetch fails with a TypeError whatever is the matter with the network.
  if (error instanceof TypeError && error.message === 'fetch failed') return outsideUnavailable(name)
  const { code, name: kind } = error as { code?: string; name?: string }
  if (kind === 'TimeoutError' || (code !== undefined && UNREACHED.has(code))) return outsideUnavailable(name)
  return outsideInvalid(name)
}
