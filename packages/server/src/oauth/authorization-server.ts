import { Provider } from 'oidc-provider'
import { isContention, isUnavailable } from '../database/database-errors.ts'
import { isRedirectAllowed, OMITTED_REDIRECT } from './redirect-rules.ts'
import { configurationOf } from './server-configuration.ts'
import {
  answerFailures,
  endBrowserSession,
  prefillUserCode,
  publishOurRoutes,
  returnByPage,
  swapInSessionToken,
} from './server-middleware.ts'
import type { AuthorizationServerParts } from './server-parts.ts'

/** Errors of the token endpoint that refuse: a device that polls is told `authorization_pending` by the same way. */
const REFUSED_GRANTS = new Set(['access_denied', 'invalid_client', 'invalid_grant'])

/**
 * OAuth 2.1 for editors: authorization code with PKCE and the device grant, by a certified library. What it hands out
 * is the contract's session token, swapped in where its own would have gone.
 */
export function createAuthorizationServer(parts: AuthorizationServerParts): Provider {
  const { redirects, logger, refused } = parts
  const provider = new Provider(redirects.issuer, configurationOf(parts))
  // It stands behind our own routes, which say in these headers what the request really was.
  provider.proxy = true
  provider.Client.prototype.redirectUriAllowed = (redirect: string) => isRedirectAllowed(redirect, redirects)
  acceptOmittedRedirect(provider)
  provider.on('server_error', (ctx, error) => {
    if (isUnavailable(error) || isContention(error)) ctx.state.unavailable = true
    else logger.error({ err: error }, 'the OAuth server failed')
  })
  provider.on('grant.error', (_ctx, { error }) => {
    if (REFUSED_GRANTS.has(error)) refused(error)
  })
  // The first is around all others.
  provider.use(answerFailures(parts))
  provider.use(returnByPage(parts))
  provider.use(prefillUserCode)
  provider.use(publishOurRoutes(parts))
  provider.use(swapInSessionToken(parts))
  provider.use(endBrowserSession)
  return provider
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
