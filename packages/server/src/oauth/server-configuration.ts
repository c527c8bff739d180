import { createHash, createPrivateKey } from 'node:crypto'
import { type Configuration, interactionPolicy } from 'oidc-provider'
import { originCheck } from '../http/cross-origin.ts'
import { clientNameFrom } from '../http/request-origin.ts'
import { deviceDonePage } from '../pages/device-pages.ts'
import { deriveKeys, type JwtSecrets } from '../secret-keys.ts'
import { SESSION_LIFETIME_MS } from '../sessions/session.ts'
import { sentenceOf, showDeviceCode, showDeviceConfirm, showError, showPage } from './library-pages.ts'
import { API_SCOPE, EDITOR_CLIENT, GRANT_TYPES, OAUTH_PATHS } from './oauth-terms.ts'
import { createRecordAdapters } from './record-adapter.ts'
import { OMITTED_REDIRECT } from './redirect-rules.ts'
import type { AuthorizationServerParts } from './server-parts.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE

/** How the library is set up: what editors need, and nothing else that it can do. */
export function configurationOf(parts: AuthorizationServerParts): Configuration {
  const { redirects, appName, secrets, records, corsOrigins, isWelcome } = parts
  const secure = redirects.issuer.startsWith('https:')
  const cookieName = (name: string) => `${secure ? '__Secure-' : ''}promptmeter_${name}`
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, overwrite: true, secure } as const
  const isAllowedOrigin = originCheck(corsOrigins)
  return {
    adapter: createRecordAdapters(records),
    clients: [
      {
        client_id: EDITOR_CLIENT,
        client_name: appName,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: GRANT_TYPES,
        response_types: ['code'],
        // What is really allowed the redirect rules say.
        redirect_uris: [OMITTED_REDIRECT],
        id_token_signed_response_alg: 'Ed25519',
      },
    ],
    jwks: { keys: secretsToSigningKeys(secrets) },
    enabledJWA: { idTokenSigningAlgValues: ['Ed25519'] },
    scopes: ['openid', API_SCOPE],
    responseTypes: ['code'],
    clientAuthMethods: ['none'],
    routes: OAUTH_PATHS,
    // So that an editor takes a way that ends, rather than lead its user to a refusal.
    discovery: {
      promptmeter_redirect_schemes: redirects.schemes,
      promptmeter_redirect_origins: redirects.origins,
    },
    cookies: {
      names: {
        session: cookieName('session'),
        interaction: cookieName('sign_in'),
        resume: cookieName('resume'),
      },
      keys: deriveKeys(secrets, 'oauth cookies v1').map((key) => key.toString('base64url')),
      long: cookie,
      short: cookie,
    },
    ttl: {
      // Also what an answer says of the session token that is swapped in.
      AccessToken: SESSION_LIFETIME_MS / 1000,
      AuthorizationCode: 5 * MINUTE,
      DeviceCode: 15 * MINUTE,
      IdToken: HOUR,
      Interaction: 30 * MINUTE,
      Session: HOUR,
      Grant: HOUR,
    },
    expiresWithSession: async () => false,
    issueRefreshToken: async () => false,
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: true,
    clientBasedCORS: (_ctx, origin) => isAllowedOrigin(origin),
    findAccount: async (_ctx, userId) =>
      (await isWelcome(userId)) ? { accountId: userId, claims: async () => ({ sub: userId }) } : undefined,
    interactions: { url: (_ctx, interaction) => `/sign-in/${interaction.uid}`, policy: askEachTime() },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      revocation: { enabled: false },
      introspection: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
      deviceFlow: {
        enabled: true,
        deviceInfo: (ctx) => ({ ip: ctx.ip, ua: clientNameFrom(ctx.get('user-agent')) }),
        userCodeInputSource: async (ctx, _form, _out, error) => showDeviceCode(ctx, appName, error),
        userCodeConfirmSource: async (ctx, _form, _client, device, userCode) =>
          showDeviceConfirm(ctx, appName, {
            client: String(device.ua || 'unknown'),
            ip: String(device.ip),
            userCode,
          }),
        successSource: async (ctx) => showPage(ctx, deviceDonePage({ appName })),
      },
    },
    renderError: async (ctx, out) => showError(ctx, appName, sentenceOf(out)),
  }
}

/**
 * Every sign-in is proven anew, and nothing happens without a click: a browser that stays signed in would hand codes to
 * any application that asks (RFC 8252, 8.6).
 */
function askEachTime() {
  const { base, Check } = interactionPolicy
  const policy = base()
  policy
    .get('login')
    ?.checks.add(
      new Check('proven_now', 'every sign-in is proven anew', 'login_required', ({ oidc }) =>
        oidc.result?.login === undefined ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT,
      ),
    )
  return policy
}

/**
 * Keys for id tokens (RFC 8037), the same on every replica: a seed from each secret, in PKCS #8 (RFC 8410). Each is
 * named by itself, so that a change of secrets gives no old name to a new key.
 */
function secretsToSigningKeys(secrets: JwtSecrets) {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  return deriveKeys(secrets, 'id token signature v1').map((seed) => {
    const key = createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' })
    const jwk = key.export({ format: 'jwk' })
    const kid = createHash('sha256').update(String(jwk.x)).digest('base64url').slice(0, 16)
    return { ...jwk, use: 'sig', alg: 'Ed25519', kid }
  })
}
