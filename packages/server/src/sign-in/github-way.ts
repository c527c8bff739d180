import * as client from 'openid-client'
import { isLoopbackHost } from '../config/loopback.ts'
import type { GithubConfig } from '../config/sign-in-config.ts'
import { normalizeEmail } from '../users/user.ts'
import { toOutsideError } from './outside-errors.ts'
import { type OutsideProvider, outsideUnavailable, outsideUnverified } from './outside-provider.ts'

const NAME = 'GitHub'
const TIMEOUT_MS = 10_000
/** Pages of addresses are small; whatever is larger is no answer. */
const MAX_ANSWER_BYTES = 256 * 1024

interface GithubAddress {
  readonly email?: unknown
  readonly primary?: unknown
  readonly verified?: unknown
}

/**
 * Signing in at GitHub, which speaks OAuth without OpenID: PKCE and state, then its API for the lasting id and the
 * primary address (docs.github.com/apps/oauth-apps, docs.github.com/rest/users/emails).
 */
export function createGithubWay({ clientId, clientSecret, url }: GithubConfig): OutsideProvider {
  const api = url === 'https://github.com' ? 'https://api.github.com' : `${url}/api/v3`
  const configuration = new client.Configuration(
    {
      issuer: url,
      authorization_endpoint: `${url}/login/oauth/authorize`,
      token_endpoint: `${url}/login/oauth/access_token`,
    },
    clientId,
    clientSecret,
    client.ClientSecretPost(clientSecret),
  )
  configuration.timeout = TIMEOUT_MS / 1000
  // Without this header GitHub answers as a form.
  configuration[client.customFetch] = (address, options) =>
    fetch(address, { ...options, headers: { ...options.headers, accept: 'application/json' } } as RequestInit)
  if (isLoopbackHost(new URL(url).hostname)) client.allowInsecureRequests(configuration)

  const ask = async (path: string, accessToken: string): Promise<unknown> => {
    const response = await fetch(api + path, {
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${accessToken}`,
        'user-agent': 'promptmeter',
        'x-github-api-version': '2022-11-28',
      },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    if (!response.ok || text.length > MAX_ANSWER_BYTES) throw outsideUnavailable(NAME)
    return JSON.parse(text)
  }

  return {
    way: 'github',
    name: NAME,

    async begin(callbackUrl, state) {
      const codeVerifier = client.randomPKCECodeVerifier()
      const authorize = client.buildAuthorizationUrl(configuration, {
        redirect_uri: callbackUrl,
        scope: 'user:email',
        state,
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      })
      return { url: authorize.href, keep: { codeVerifier, nonce: '' } }
    },

    async finish(calledBack, { codeVerifier }, state) {
      try {
        const { access_token: accessToken } = await client.authorizationCodeGrant(configuration, calledBack, {
          pkceCodeVerifier: codeVerifier,
          expectedState: state,
        })
        const [user, addresses] = await Promise.all([
          ask('/user', accessToken),
          ask('/user/emails', accessToken),
        ])
        const { id } = user as { id?: unknown }
        const primary = (addresses as GithubAddress[]).find((address) => address.primary === true)
        const address =
          primary?.verified === true && typeof primary.email === 'string'
            ? normalizeEmail(primary.email)
            : null
        if (!Number.isSafeInteger(id) || address === null) throw outsideUnverified(NAME)
        return { issuer: url, subject: String(id), email: address }
      } catch (error) {
        throw toOutsideError(error, NAME)
      }
    },
  }
}
