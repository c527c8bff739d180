import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type Provider from 'oidc-provider'
import { originCheck } from '../http/cross-origin.ts'
import type { HttpApp } from '../http/http-app.ts'
import { originOf } from '../http/request-origin.ts'
import { pastePage } from '../pages/outcome-pages.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { NetworkAttempts } from '../sign-in/network-attempts.ts'
import { answerErrorsWithPages, answerPage } from './answer-page.ts'
import { OAUTH_PATHS } from './oauth-terms.ts'
import { PASTE_PATH } from './redirect-rules.ts'

/** What the routes of signing in with a browser share. */
export interface BrowserParts {
  /** Made at the first request: only then is it sure where the server listens, and many a server needs none. */
  provider(): Promise<Provider>
  readonly issuer: () => string
  readonly appName: string
  /** Origins whose pages may call the endpoints. */
  readonly corsOrigins: readonly string[]
  readonly network: NetworkAttempts
}

const HIDDEN = { schema: { hide: true } } as const

/** Headers by which a proxy, or anybody, says what a request was. The library learns it from us alone. */
const CLAIMS = /^(?:forwarded|x-forwarded-.*|x-original-.*)$/

/** The library's endpoints, and what is around them: metadata, tokens, devices. */
export async function oauthRoutes(app: HttpApp, parts: BrowserParts): Promise<void> {
  await app.register(async (scope) => {
    leaveBodyUnread(scope)
    answerErrorsWithPages(scope, parts.appName)
    const { network } = parts
    const counted = (count: NetworkAttempts['begin']) => async (request: FastifyRequest) => {
      refuseFromElsewhere(request, parts.corsOrigins)
      await count(originOf(request))
    }
    const begins = { ...HIDDEN, onRequest: counted(network.begin) }
    const tries = { ...HIDDEN, onRequest: counted(network.tryCode) }
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
      throw new PromptmeterError(
        'invalid_request',
        'Leave response_mode out: codes are answered in the query alone.',
      )
    })
    scope.get(`${OAUTH_PATHS.authorization}/:uid`, HIDDEN, pass)
    scope.get(OAUTH_PATHS.code_verification, begins, pass)
    scope.post(OAUTH_PATHS.code_verification, tries, pass)
    scope.get(`${OAUTH_PATHS.code_verification}/:uid`, HIDDEN, pass)

    scope.get(PASTE_PATH, HIDDEN, async (request, reply) => {
      const { code } = request.query as Record<string, unknown>
      if (typeof code === 'string' && /^[\w-]{1,200}$/.test(code))
        return answerPage(reply, pastePage({ appName: parts.appName, code }))
      throw new PromptmeterError('invalid_request', 'You are not signed in.')
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
  const called = originCheck(corsOrigins)(headers.origin)
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
  await answer(request.raw, reply.raw)
}
