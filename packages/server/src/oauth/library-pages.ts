import type { KoaContextWithOIDC } from 'oidc-provider'
import { deviceCodePage, deviceConfirmPage } from '../pages/device-pages.ts'
import { PAGE_HEADERS } from '../pages/layout.ts'
import { BEGIN_AGAIN, errorPage } from '../pages/outcome-pages.ts'
import { OAUTH_PATHS } from './oauth-terms.ts'

/** Our pages, answered by the library. */
export function showPage(ctx: KoaContextWithOIDC, page: string): void {
  ctx.set(PAGE_HEADERS)
  ctx.body = page
}

export function showError(ctx: KoaContextWithOIDC, appName: string, message: string): void {
  showPage(ctx, errorPage({ appName, message, advice: BEGIN_AGAIN }))
}

/** A page for people, JSON for programs. */
export function refuse(
  ctx: KoaContextWithOIDC,
  appName: string,
  status: number,
  error: string,
  description: string,
): void {
  ctx.status = status
  if (ctx.accepts('json', 'html') === 'html') showError(ctx, appName, `${description}.`)
  else ctx.body = { error, error_description: description }
}

export function showDeviceCode(ctx: KoaContextWithOIDC, appName: string, error: unknown): void {
  const userCode: string = ctx.state.userCode ?? ''
  showPage(ctx, deviceCodePage({ ...deviceView(ctx, appName), userCode, problem: problemOf(error) }))
}

export function showDeviceConfirm(
  ctx: KoaContextWithOIDC,
  appName: string,
  { userCode, ...device }: { userCode: string; client: string; ip: string },
): void {
  showPage(ctx, deviceConfirmPage({ ...deviceView(ctx, appName), userCode, device }))
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

/** What the library says of a mistake, for people. */
export function sentenceOf(out: { error: string; error_description?: string | undefined }): string {
  if (out.error === 'server_error') return 'Something failed on our side.'
  if (out.error === 'invalid_redirect_uri')
    return 'A sign-in may not return to this address. The operator lists where it may: REDIRECT_SCHEMES, REDIRECT_ORIGINS.'
  const text = out.error_description ?? 'the request cannot be understood'
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
