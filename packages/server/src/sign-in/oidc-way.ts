import * as client from 'openid-client'
import { isLoopbackHost } from '../config/loopback.ts'
import type { OidcConfig } from '../config/sign-in-config.ts'
import { normalizeEmail } from '../users/user.ts'
import { toOutsideError } from './outside-errors.ts'
import { type OutsideProvider, outsideUnavailable, outsideUnverified } from './outside-provider.ts'

/** Longest any question to the provider may take, in seconds. */
const TIMEOUT_SECONDS = 10

/**
 * Signing in at an OpenID provider: authorization code with PKCE, state and nonce. The id token's signature, issuer,
 * audience and nonce are checked by openid-client, and the `iss` of the answer against mix-up (RFC 9207).
 */
export function createOidcWay({ issuer, clientId, clientSecret, name }: OidcConfig): OutsideProvider {
  let discovered: Promise<client.Configuration> | undefined

  /** Asked once; a provider that could not be asked is asked again at the next sign-in. */
  const discover = (): Promise<client.Configuration> => {
    discovered ??= client
      .discovery(new URL(issuer), clientId, undefined, secretAuth(clientSecret), {
        timeout: TIMEOUT_SECONDS,
        execute: [
          // Without this openid-client takes the TLS of the token endpoint for a signature.
          client.enableNonRepudiationChecks,
          ...(isLoopbackHost(new URL(issuer).hostname) ? [client.allowInsecureRequests] : []),
        ],
      })
      .catch(() => {
        discovered = undefined
        throw outsideUnavailable(name)
      })
    return discovered
  }

  return {
    way: 'oidc',
    name,

    async begin(callbackUrl, state) {
      const configuration = await discover()
      const codeVerifier = client.randomPKCECodeVerifier()
      const nonce = client.randomNonce()
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: callbackUrl,
        scope: 'openid email',
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, keep: { codeVerifier, nonce } }
    },

    async finish(calledBack, { codeVerifier, nonce }, state) {
      try {
        const configuration = await discover()
        const tokens = await client.authorizationCodeGrant(configuration, calledBack, {
          pkceCodeVerifier: codeVerifier,
          expectedNonce: nonce,
          expectedState: state,
          idTokenExpected: true,
        })
        const claims = tokens.claims()
        if (claims === undefined) throw outsideUnverified(name)
        const { email, email_verified: verified } =
          claims.email === undefined && configuration.serverMetadata().userinfo_endpoint !== undefined
            ? await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
            : claims
        const address = typeof email === 'string' && verified === true ? normalizeEmail(email) : null
        if (address === null) throw outsideUnverified(name)
        return { issuer: claims.iss, subject: claims.sub, email: address }
      } catch (error) {
        throw toOutsideError(error, name)
      }
    },
  }
}

/** In the header, the default, unless the provider's metadata names only the body (OpenID Connect Discovery, 3). */
function secretAuth(clientSecret: string): client.ClientAuth {
  const basic = client.ClientSecretBasic(clientSecret)
  const post = client.ClientSecretPost(clientSecret)
  return (server, metadata, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const onlyPost = methods.includes('client_secret_post') && !methods.includes('client_secret_basic')
    return (onlyPost ? post : basic)(server, metadata, body, headers)
  }
}
