import { EDITORS } from '../config/editors.ts'
import { isLoopbackHost } from '../config/loopback.ts'

const MAX_LENGTH = 2048

/** Where "paste this code" is shown, for an editor that no link leads back to. */
export const PASTE_PATH = '/oauth/paste'

/** What the library puts where a request names no redirect. It is allowed nowhere. */
export const OMITTED_REDIRECT = 'http://127.0.0.1/no-redirect-was-named'

export interface RedirectRules {
  /** Our own origin. */
  readonly issuer: string
  readonly schemes: readonly string[]
  readonly origins: readonly string[]
}

/**
 * Whether a code may be sent to this address: an editor's own scheme, a loopback address with any port (RFC 8252, 7.3),
 * a listed https origin, or our page to copy the code from.
 */
export function isRedirectAllowed(redirect: string, { issuer, schemes, origins }: RedirectRules): boolean {
  if (redirect === OMITTED_REDIRECT) return false
  if (redirect.length > MAX_LENGTH || !/^[\x21-\x7e]+$/.test(redirect) || redirect.includes('\\'))
    return false
  if (!URL.canParse(redirect)) return false
  const { protocol, hostname, origin, username, password, href } = new URL(redirect)
  if (username !== '' || password !== '' || redirect.includes('#')) return false
  if (protocol === 'http:' && isLoopbackHost(hostname)) return true
  if (protocol === 'https:' || protocol === 'http:') {
    return origins.includes(origin) || redirect === issuer + PASTE_PATH
  }
  return schemes.includes(protocol.slice(0, -1)) && /^[a-z0-9+.-]+:\/\/[^/?]+/i.test(href)
}

/** What asks for the sign-in, as far as its redirect says. */
export function clientNameOf(redirect: string | undefined): string {
  if (redirect === undefined) return 'your device'
  const { protocol, host } = new URL(redirect)
  const scheme = protocol.slice(0, -1)
  if (scheme === 'https') return host
  if (scheme === 'http') return 'an application on this computer'
  return EDITORS[scheme] ?? scheme
}
