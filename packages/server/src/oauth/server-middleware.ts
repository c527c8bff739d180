import type { SignInMethod } from '@promptmeter/contract'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { isContention, isUnavailable } from '../database/database-errors.ts'
import { clientNameFrom } from '../http/request-origin.ts'
import { cancelledPage, returnPage } from '../pages/outcome-pages.ts'
import { refuse, showPage } from './library-pages.ts'
import { GRANT_TYPES, OAUTH_PATHS } from './oauth-terms.ts'
import { clientNameOf } from './redirect-rules.ts'
import type { AuthorizationServerParts } from './server-parts.ts'

type Next = () => Promise<void>

/**
 * What the library does not answer, or answers as a fault of its own where the database is away. Koa would take our
 * headers from such an answer.
 */
export function answerFailures({ appName, logger }: AuthorizationServerParts) {
  return async (ctx: KoaContextWithOIDC, next: Next): Promise<void> => {
    try {
      await next()
    } catch (error) {
      if (isUnavailable(error) || isContention(error)) ctx.state.unavailable = true
      else if (isLostSession(error)) {
        refuse(ctx, appName, 400, 'invalid_request', 'This sign-in is over, or began in another browser')
        return
      } else {
        logger.error({ err: error }, 'the OAuth server failed')
        refuse(ctx, appName, 500, 'server_error', 'Something failed on our side')
        return
      }
    }
    if (ctx.state.unavailable === true && !ctx.response.get('location')) {
      ctx.set('Retry-After', '1')
      refuse(
        ctx,
        appName,
        503,
        'temporarily_unavailable',
        'The database cannot be reached. Try again in a moment',
      )
    } else if (ctx.status === 404 && ctx.body == null)
      refuse(ctx, appName, 404, 'not_found', 'Nothing is here')
  }
}

/** The library would keep a session that the browser never brought: a device page that stood open too long, say. */
function isLostSession(error: unknown): boolean {
  return error instanceof TypeError && error.message.startsWith('persist can only be called')
}

/**
 * A redirect to an editor's own scheme becomes a page that leads there: the browser only asks whether to open the
 * editor and stays where it is, which would be the form that was just sent.
 */
export function returnByPage({ appName }: AuthorizationServerParts) {
  return async (ctx: KoaContextWithOIDC, next: Next): Promise<void> => {
    await next()
    const returnUrl = ctx.response.get('location')
    if (!returnUrl || /^https?:|^\//i.test(returnUrl)) return
    const code = new URL(returnUrl).searchParams.get('code')
    const view = { appName, client: clientNameOf(returnUrl), returnUrl }
    ctx.remove('location')
    ctx.status = 200
    showPage(ctx, code === null ? cancelledPage(view) : returnPage({ ...view, code }))
  }
}

/** `verification_uri_complete`: the code is filled in, and still sent by the user. The library would need a script. */
export async function prefillUserCode(ctx: KoaContextWithOIDC, next: Next): Promise<void> {
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

/** What of the metadata is ours and not the library's (RFC 8414). */
export function publishOurRoutes({ redirects: { issuer } }: AuthorizationServerParts) {
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

/** The session token in the place of the library's own, with everything else as the library answers it. */
export function swapInSessionToken({ redeem, refused }: AuthorizationServerParts) {
  return async (ctx: KoaContextWithOIDC, next: Next): Promise<void> => {
    await next()
    if (ctx.oidc?.route !== 'token' || ctx.status !== 200) return
    const { AuthorizationCode, DeviceCode } = ctx.oidc.entities
    const { accountId, grantId, amr } = AuthorizationCode ?? DeviceCode ?? {}
    const method = (amr as SignInMethod[] | undefined)?.[0]
    const sessionToken =
      accountId === undefined || grantId === undefined || method === undefined
        ? null
        : await redeem({
            userId: accountId,
            grantId,
            method,
            origin: { ip: ctx.ip, clientName: clientNameFrom(ctx.get('user-agent')) },
          })
    if (sessionToken !== null) {
      Object.assign(ctx.body as object, { access_token: sessionToken })
      return
    }
    refused('invalid_grant')
    ctx.status = 400
    ctx.body = { error: 'invalid_grant', error_description: 'the grant has ended' }
  }
}

/** A finished sign-in leaves no signed-in browser behind. */
export async function endBrowserSession(ctx: KoaContextWithOIDC, next: Next): Promise<void> {
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
