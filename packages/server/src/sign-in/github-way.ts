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
      // What GitHub calls itself where an answer carries `iss` (RFC 9207).
      issuer: `${url}/login/oauth`,
      authorization_endpoint: `${url}/login/oauth/authorize`,
      token_endpoint: `${url}/login/oauth/access_token`,
    },
    clientId,
    clientSecret,
    client.ClientSecretPost(clientSecret),
  )
  configuration.timeout = TIMEOUT_MS / 1000
  configuration[client.customFetch] = async (address, options) =>
    // Without this header GitHub answers as a form.
    toStandardAnswer(
      await fetch(address, {
        ...options,
        headers: { ...options.headers, accept: 'application/json' },
      } as RequestInit),
    )
  if (isLoopbackHost(new URL(url).hostname)) client.allowInsecureRequests(configuration)

  const ask = async (path: string, accessToken: string): Promise<unknown> => {
    const response = await fetch(api + path, {
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${accessToken}`,
        'user-agent': 'promptmeter',
        'x-github-api-version': '2022-11-28',
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    return readJson(response)
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
        if (typeof id !== 'number' || !Number.isSafeInteger(id) || id <= 0 || !Array.isArray(addresses)) {
          throw outsideUnavailable(NAME)
        }
        const primary = (addresses as (GithubAddress | null)[]).find((address) => address?.primary === true)
        const address =
          primary?.verified === true && typeof primary.email === 'string'
            ? normalizeEmail(primary.email)
            : null
        if (address === null) throw outsideUnverified(NAME)
        return { issuer: url, subject: String(id), email: address }
      } catch (error) {
        throw toOutsideError(error, NAME)
      }
    },
  }
}

/** GitHub tells errors of its token endpoint with 200; RFC 6749, 5.2 wants 400. */
async function toStandardAnswer(response: Response): Promise<Response> {
  const answer = (await readJson(response)) as { error?: unknown } | null
  return Response.json(answer, { status: typeof answer?.error === 'string' ? 400 : 200 })
}

/** @throws OutsideError for anything but JSON with 200; no more is read than an answer may have */
async function readJson(response: Response): Promise<unknown> {
  if (response.status !== 200) {
    response.body?.cancel().catch(() => {})
    throw outsideUnavailable(NAME)
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw outsideUnavailable(NAME)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    throw outsideUnavailable(NAME)
  }
}
