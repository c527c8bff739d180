import { createHash, createPrivateKey } from 'node:crypto'
import type { SignInMethod } from '@promptmeter/contract'
import { type Configuration, interactionPolicy, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { RequestOrigin } from '../audit/audit-event.ts'
import { isContention, isUnavailable } from '../database/database-errors.ts'
import { deviceCodePage, deviceConfirmPage, deviceDonePage } from '../pages/device-pages.ts'
import { pagePolicy } from '../pages/layout.ts'
import { errorPage } from '../pages/outcome-pages.ts'
import { deriveKeys, type JwtSecrets } from '../secret-keys.ts'
import type { Logger } from '../telemetry/logger.ts'
import { API_SCOPE, EDITOR_CLIENT, OAUTH_PATHS } from './oauth-terms.ts'
import { type AdapterParts, createRecordAdapters } from './record-adapter.ts'
import { isRedirectAllowed, OMITTED_REDIRECT, type RedirectRules } from './redirect-rules.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE

/** The library writes a response's lifetime from this; the session token that replaces it brings its own. */
const TOKEN_SECONDS = 30 * 24 * HOUR

const GRANT_TYPES = ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code']

/** A grant that was redeemed, on its way to a session. */
export interface Redemption {
  readonly userId: string
  readonly grantId: string
  readonly method: SignInMethod
  readonly origin: RequestOrigin
}

export interface AuthorizationServerParts {
  readonly redirects: RedirectRules
  readonly appName: string
  readonly secrets: JwtSecrets
  readonly records: AdapterParts
  readonly corsOrigins: readonly string[]
  readonly logger: Logger
  /** Whether the user is there and enabled. */
  isWelcome(userId: string): Promise<boolean>
  /** Starts a session; null where the grant or its user has ended meanwhile. */
  redeem(redemption: Redemption): Promise<{ sessionToken: string; expiresInSeconds: number } | null>
}

/**
 * OAuth 2.1 for editors: authorization code with PKCE and the device grant, by a certified library. What it hands out
 * is the contract's session token, swapped in where its own would have gone.
 */
export function createAuthorizationServer(parts: AuthorizationServerParts): Provider {
  const { redirects, logger } = parts
  const provider = new Provider(redirects.issuer, configurationOf(parts))
  // It stands behind our own routes, which say in these headers what the request really was.
  provider.proxy = true
  provider.Client.prototype.redirectUriAllowed = (redirect: string) => isRedirectAllowed(redirect, redirects)
  acceptOmittedRedirect(provider)
  provider.on('server_error', (ctx, error) => {
    if (isUnavailable(error) || isContention(error)) ctx.state.unavailable = true
    else logger.error({ err: error }, 'the OAuth server failed')
  })
  provider.use(answerFailures(parts))
  provider.use(prefillUserCode)
  provider.use(publishOurRoutes(redirects.issuer))
  provider.use(swapInSessionToken(parts))
  provider.use(endBrowserSession)
  return provider
}

function configurationOf(parts: AuthorizationServerParts): Configuration {
  const { redirects, appName, secrets, records, corsOrigins, isWelcome } = parts
  const secure = redirects.issuer.startsWith('https:')
  const cookieName = (name: string) => `${secure ? '__Secure-' : ''}promptmeter_${name}`
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, overwrite: true, secure } as const
  const allowedOrigins = new Set(corsOrigins)
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
      AccessToken: TOKEN_SECONDS,
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
    clientBasedCORS: (_ctx, origin) => allowedOrigins.has(origin),
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
        deviceInfo: (ctx) => ({ ip: ctx.ip, ua: ctx.get('user-agent').slice(0, 200) }),
        userCodeInputSource: async (ctx, _form, _out, error) => {
          showPage(
            ctx,
            deviceCodePage({
              ...deviceView(ctx, appName),
              problem: problemOf(error),
              userCode: prefilled(ctx),
            }),
          )
        },
        userCodeConfirmSource: async (ctx, _form, _client, device, userCode) => {
          const asking = { client: String(device.ua || 'unknown'), ip: String(device.ip) }
          showPage(ctx, deviceConfirmPage({ ...deviceView(ctx, appName), userCode, device: asking }))
        },
        successSource: async (ctx) => showPage(ctx, deviceDonePage({ appName })),
      },
    },
    renderError: async (ctx, out) => {
      const message = out.error === 'server_error' ? 'Something failed on our side.' : sentenceOf(out)
      showPage(
        ctx,
        errorPage({ appName, message, advice: 'Go back to where you began to sign in, and begin again.' }),
      )
    },
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

/**
 * OAuth 2.1 (4.1.3) asks for no redirect at the token endpoint, for PKCE does what it did; and clients of 2.0 are known
 * to leave its query out. Both are taken for the redirect that the code was sent to; any other is refused.
 */
function acceptOmittedRedirect(provider: Provider): void {
  const model: { find(value: string, options?: object): Promise<unknown> } = provider.AuthorizationCode
  const find = model.find.bind(model)
  model.find = async (value, options) => {
    const code = (await find(value, options)) as { redirectUri?: string } | undefined
    const params = Provider.ctx?.oidc.params
    const given = params?.redirect_uri
    if (
      code?.redirectUri !== undefined &&
      (given === OMITTED_REDIRECT || given === withoutQuery(code.redirectUri))
    )
      Object.assign(params as object, { redirect_uri: code.redirectUri })
    return code
  }
}

const withoutQuery = (redirect: string): string => redirect.split('?', 1)[0] as string

type Next = () => Promise<void>

/**
 * What the library does not answer, or answers as a fault of its own where the database is away. Koa would take our
 * headers from such an answer.
 */
function answerFailures({ appName, logger }: AuthorizationServerParts) {
  return async (ctx: KoaContextWithOIDC, next: Next): Promise<void> => {
    try {
      await next()
    } catch (error) {
      if (isUnavailable(error) || isContention(error)) ctx.state.unavailable = true
      else if (isLostSession(error)) {
        refuse(ctx, 400, 'invalid_request', 'This sign-in is over, or began in another browser')
        return
      } else {
        logger.error({ err: error }, 'the OAuth server failed')
        refuse(ctx, 500, 'server_error', 'Something failed on our side')
        return
      }
    }
    if (ctx.state.unavailable === true && ctx.response.get('location') === '') {
      ctx.set('Retry-After', '1')
      refuse(ctx, 503, 'temporarily_unavailable', 'The database cannot be reached. Try again in a moment')
    } else if (ctx.status === 404 && ctx.body == null) refuse(ctx, 404, 'not_found', 'Nothing is here')
  }

  function refuse(ctx: KoaContextWithOIDC, status: number, error: string, description: string): void {
    ctx.status = status
    if (ctx.accepts('json', 'html') === 'html') {
      const advice = 'Go back to where you began to sign in, and begin again.'
      showPage(ctx, errorPage({ appName, message: `${description}.`, advice }))
      ctx.status = status
    } else ctx.body = { error, error_description: description }
  }
}

/** The library would keep a session that the browser never brought: a device page that stood open too long, say. */
function isLostSession(error: unknown): boolean {
  return error instanceof TypeError && error.message.startsWith('persist can only be called')
}

/** `verification_uri_complete`: the code is filled in, and still sent by the user. The library would need a script. */
async function prefillUserCode(ctx: KoaContextWithOIDC, next: Next): Promise<void> {
  if (
    ctx.path === OAUTH_PATHS.code_verification &&
    ctx.method === 'GET' &&
    ctx.query.user_code !== undefined
  ) {
    ctx.state.userCode = String(ctx.query.user_code).slice(0, 40)
    ctx.query = {}
  }
  await next()
}

const prefilled = (ctx: KoaContextWithOIDC): string => ctx.state.userCode ?? ''

/** What of the metadata is ours and not the library's (RFC 8414). */
function publishOurRoutes(issuer: string) {
  return async (ctx: KoaContextWithOIDC, next: Next): Promise<void> => {
    await next()
    if (ctx.oidc?.route === 'discovery' && ctx.status === 200) {
      Object.assign(ctx.body as object, {
        revocation_endpoint: issuer + OAUTH_PATHS.revocation,
        revocation_endpoint_auth_methods_supported: ['none'],
        response_modes_supported: ['query'],
        grant_types_supported: GRANT_TYPES,
      })
    }
    // RFC 8628, 3.2: how long to wait between polls, in seconds.
    if (ctx.oidc?.route === 'device_authorization' && ctx.status === 200) {
      Object.assign(ctx.body as object, { interval: 5 })
    }
  }
}

function swapInSessionToken({ redeem, logger }: AuthorizationServerParts) {
  return async (ctx: KoaContextWithOIDC, next: Next): Promise<void> => {
    await next()
    if (ctx.oidc?.route !== 'token' || ctx.status !== 200) return
    const { AuthorizationCode, DeviceCode } = ctx.oidc.entities
    const source = AuthorizationCode ?? DeviceCode
    const { accountId, grantId, amr } = source ?? {}
    let session: Awaited<ReturnType<typeof redeem>> = null
    try {
      if (accountId !== undefined && grantId !== undefined) {
        const method = (amr as SignInMethod[] | undefined)?.[0] ?? 'trusted'
        const origin = { ip: ctx.ip, clientName: clientNameFrom(ctx) }
        session = await redeem({ userId: accountId, grantId, method, origin })
      }
    } catch (error) {
      if (!isUnavailable(error)) logger.error({ err: error }, 'a code could not be redeemed')
      ctx.status = 503
      ctx.set('Retry-After', '1')
      ctx.body = { error: 'temporarily_unavailable', error_description: 'sign in again in a moment' }
      return
    }
    if (session === null) {
      ctx.status = 400
      ctx.body = { error: 'invalid_grant', error_description: 'the grant has ended' }
      return
    }
    const { id_token, scope } = ctx.body as { id_token?: string; scope?: string }
    ctx.body = {
      access_token: session.sessionToken,
      token_type: 'Bearer',
      expires_in: session.expiresInSeconds,
      ...(id_token !== undefined && { id_token }),
      ...(scope !== undefined && scope !== '' && { scope }),
    }
  }
}

/** What the client calls itself, as far as a log and a page may show it. */
function clientNameFrom(ctx: KoaContextWithOIDC): string | null {
  return (
    ctx
      .get('user-agent')
      .replace(/[^\x20-\x7e]/g, '')
      .slice(0, 200) || null
  )
}

/** A finished sign-in leaves no signed-in browser behind. */
async function endBrowserSession(ctx: KoaContextWithOIDC, next: Next): Promise<void> {
  await next()
  const finished = ctx.oidc?.route === 'resume' || ctx.oidc?.route === 'device_resume'
  if (!finished || ctx.oidc.session?.accountId === undefined) return
  await ctx.oidc.session.destroy()
  ctx.cookies.set(ctx.oidc.provider.cookieName('session'), null, {
    httpOnly: true,
    sameSite: 'lax',
    overwrite: true,
  })
}

function showPage(ctx: KoaContextWithOIDC, page: string): void {
  ctx.set('Content-Security-Policy', pagePolicy())
  ctx.set('Referrer-Policy', 'same-origin')
  ctx.type = 'html'
  ctx.body = page
}

function deviceView(ctx: KoaContextWithOIDC, appName: string) {
  const { secret } = (ctx.oidc.session as unknown as { state: { secret: string } }).state
  return { appName, action: OAUTH_PATHS.code_verification, xsrf: secret }
}

/** Why a user code was not taken, without saying which codes there are. */
function problemOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const { name, error: code } = error as Error & { error?: string }
  if (name === 'AbortedError') return 'Refused. Nothing was granted to the device.'
  if (name === 'NoCodeError') return 'Enter the code first.'
  if (name === 'ExpiredError' || name === 'NotFoundError' || name === 'AlreadyUsedError') {
    return 'This code is not known, or no longer. Look at your device again.'
  }
  return code === 'access_denied'
    ? 'Not signed in. Enter the code to try again.'
    : 'Something went wrong. Enter the code again.'
}

function sentenceOf({
  error,
  error_description: description,
}: {
  error: string
  error_description?: string | undefined
}) {
  if (error === 'invalid_redirect_uri')
    return 'A sign-in may not return to this address. The operator lists where it may: REDIRECT_SCHEMES, REDIRECT_ORIGINS.'
  const text = description ?? 'the request cannot be understood'
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
