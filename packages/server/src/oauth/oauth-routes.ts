import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type Provider from 'oidc-provider'
import { handleError, statusOf } from '../http/error-handler.ts'
import type { HttpApp } from '../http/http-app.ts'
import { originOf } from '../http/request-origin.ts'
import { pagePolicy } from '../pages/layout.ts'
import { cancelledPage, errorPage, pastePage, returnPage } from '../pages/outcome-pages.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { AttemptLimit } from '../rate-limits/attempt-limiter.ts'
import type { SignUpService } from '../sign-in/sign-up-service.ts'
import { OAUTH_PATHS } from './oauth-terms.ts'
import { clientNameOf, PASTE_PATH } from './redirect-rules.ts'

/** What the routes of signing in with a browser share. */
export interface BrowserParts {
  /** Made at the first request: only then is it sure where the server listens, and many a server needs none. */
  provider(): Promise<Provider>
  readonly issuer: () => string
  readonly appName: string
  /** Origins whose pages may call the endpoints. */
  readonly corsOrigins: readonly string[]
  readonly signUp: SignUpService
}

const HIDDEN = { schema: { hide: true } } as const

/** Headers by which a proxy, or anybody, says what a request was. The library learns it from us alone. */
const CLAIMS = /^(?:forwarded|x-forwarded-.*|x-original-.*)$/

/** The library's endpoints, and what is around them: metadata, tokens, devices. */
export async function oauthRoutes(app: HttpApp, parts: BrowserParts): Promise<void> {
  await app.register(async (scope) => {
    leaveBodyUnread(scope)
    scope.setErrorHandler((error: Error, request, reply) => {
      const forPeople = request.headers.accept?.includes('text/html') === true
      if (!forPeople || !(error instanceof PromptmeterError)) return handleError(error, request, reply)
      if (error.retryAfterSeconds !== undefined) reply.header('Retry-After', error.retryAfterSeconds)
      const advice = 'Go back to where you began to sign in, and begin again later.'
      return showPage(
        reply.code(statusOf(error.code)),
        errorPage({ appName: parts.appName, message: error.message, advice }),
      )
    })
    const { signUp } = parts
    const takes = (limit: AttemptLimit) => async (request: FastifyRequest) => {
      refuseFromElsewhere(request, parts.corsOrigins)
      await signUp.takeFrom(limit, originOf(request))
    }
    const begins = { ...HIDDEN, onRequest: takes(signUp.limits.begin) }
    const tries = { ...HIDDEN, onRequest: takes(signUp.limits.tryCode) }
    const pass = (request: FastifyRequest, reply: FastifyReply) => handOver(request, reply, parts)

    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'])
      scope.route({ method: ['GET', 'OPTIONS'], url: path, ...HIDDEN, handler: pass })
    scope.route({ method: ['GET', 'OPTIONS'], url: OAUTH_PATHS.jwks, ...HIDDEN, handler: pass })
    scope.route({ method: ['POST', 'OPTIONS'], url: OAUTH_PATHS.token, ...HIDDEN, handler: pass })
    scope.post(OAUTH_PATHS.device_authorization, begins, pass)
    scope.options(OAUTH_PATHS.device_authorization, HIDDEN, pass)
    scope.get(OAUTH_PATHS.authorization, begins, (request, reply) => {
      const mode = (request.query as Record<string, unknown>).response_mode
      if (mode === undefined || mode === 'query') return pass(request, reply)
      return showPage(
        reply.code(400),
        errorPage({
          appName: parts.appName,
          message: 'Codes are answered in the query of the redirect alone.',
          advice: 'The application that sent you here must leave response_mode out.',
        }),
      )
    })
    scope.get(`${OAUTH_PATHS.authorization}/:uid`, HIDDEN, pass)
    scope.get(OAUTH_PATHS.code_verification, begins, pass)
    scope.post(OAUTH_PATHS.code_verification, tries, pass)
    scope.get(`${OAUTH_PATHS.code_verification}/:uid`, HIDDEN, pass)

    scope.get(PASTE_PATH, HIDDEN, async (request, reply) => {
      const { code } = request.query as Record<string, unknown>
      if (typeof code === 'string' && /^[\w-]{1,200}$/.test(code))
        return showPage(reply, pastePage({ appName: parts.appName, code }))
      return showPage(
        reply,
        errorPage({
          appName: parts.appName,
          message: 'You are not signed in.',
          advice: 'Go back to where you began to sign in, and begin again.',
        }),
      )
    })
  })
}

/** The library reads the body itself. */
function leaveBodyUnread(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _body, done) => done(null))
}

/**
 * Other sites may lead a user here, and no more: what they load or send in the background would use up what the
 * network of their visitors may do.
 * @throws PromptmeterError `invalid_request`
 */
function refuseFromElsewhere({ method, headers }: FastifyRequest, corsOrigins: readonly string[]): void {
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers
  const elsewhere = site === 'cross-site' || site === 'same-site'
  const led =
    method === 'GET' && mode === 'navigate' && (destination === undefined || destination === 'document')
  const called = headers.origin !== undefined && corsOrigins.includes(headers.origin)
  if (elsewhere && !led && !called)
    throw new PromptmeterError('invalid_request', 'Another site may link here, and not call.')
}

/**
 * Gives a request to the library as the one that reached our own origin, whatever its Host or a proxy's headers say:
 * no link is ever built from those.
 */
async function handOver(request: FastifyRequest, reply: FastifyReply, parts: BrowserParts): Promise<void> {
  const { protocol, host } = new URL(parts.issuer())
  const { headers } = request.raw
  for (const name of Object.keys(headers)) if (CLAIMS.test(name)) delete headers[name]
  headers.host = host
  headers['x-forwarded-proto'] = protocol.slice(0, -1)
  headers['x-forwarded-for'] = originOf(request).ip
  const answer = (await parts.provider()).callback()
  // A target in absolute form (RFC 9112, 3.2.2) names a host too, and the library would believe it.
  if (!request.raw.url?.startsWith('/')) {
    const { pathname, search } = new URL(request.raw.url ?? '/', parts.issuer())
    request.raw.url = pathname + search
  }
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value as string)
  returnByPage(request.raw, reply.raw, parts)
  await answer(request.raw, reply.raw)
}

/**
 * A redirect to an editor's own scheme becomes a page that leads there: the browser only asks whether to open the
 * editor and stays where it is, which would be the form that was just sent.
 */
function returnByPage(request: IncomingMessage, response: ServerResponse, { appName }: BrowserParts): void {
  if (!request.url?.startsWith(`${OAUTH_PATHS.authorization}`)) return
  const end = response.end.bind(response) as (chunk?: unknown) => ServerResponse
  response.end = ((chunk?: unknown) => {
    const location = response.getHeader('location')
    if (typeof location !== 'string' || /^https?:|^\//i.test(location) || response.headersSent)
      return end(chunk)
    const code = new URL(location).searchParams.get('code')
    const view = { appName, client: clientNameOf(location), returnUrl: location }
    const page = code === null ? cancelledPage(view) : returnPage({ ...view, code })
    response.statusCode = 200
    response.removeHeader('location')
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.setHeader('content-security-policy', pagePolicy())
    response.setHeader('content-length', Buffer.byteLength(page))
    return end(page)
  }) as typeof response.end
}

export function showPage(reply: FastifyReply, page: string, formTarget?: string): FastifyReply {
  return (
    reply
      .header('Content-Security-Policy', pagePolicy(formTarget))
      // Under no-referrer browsers send `Origin: null` with forms, which says nothing.
      .header('Referrer-Policy', 'same-origin')
      .type('text/html; charset=utf-8')
      .send(page)
  )
}
