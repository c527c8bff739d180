import type { FastifyRequest } from 'fastify'
import type { AuditService } from '../audit/audit-service.ts'
import type { BrowserCookie } from '../http/browser-cookie.ts'
import type { HttpApp } from '../http/http-app.ts'
import { originOf } from '../http/request-origin.ts'
import { answerErrorsWithPages } from '../oauth/answer-page.ts'
import { PAGE_HEADERS } from '../pages/layout.ts'
import { errorPage } from '../pages/outcome-pages.ts'
import { OPERATOR_SESSION_SECONDS } from '../sessions/operator-session.ts'
import type { OperatorSessionService } from '../sessions/operator-session-service.ts'
import type { NetworkAttempts } from '../sign-in/network-attempts.ts'
import type { SignInService } from '../sign-in/sign-in-service.ts'
import type { BrowserSessionService } from './browser-session-service.ts'
import type { DashboardSignIns } from './dashboard-sign-ins.ts'

export interface DashboardSignInRouteParts {
  readonly appName: string
  readonly cookie: BrowserCookie
  readonly signIns: DashboardSignIns
  readonly browserSessions: BrowserSessionService
  readonly operators: OperatorSessionService
  readonly network: NetworkAttempts
  readonly signIn: SignInService
  readonly audit: AuditService
}

const HIDDEN = { schema: { hide: true } } as const

/** Where a sign-in to the dashboard begins: by the ways that users have, or by the operator's link. */
export async function dashboardSignInRoutes(app: HttpApp, parts: DashboardSignInRouteParts): Promise<void> {
  const { appName, cookie, signIns, browserSessions, operators, network, signIn, audit } = parts

  await app.register(async (scope) => {
    answerErrorsWithPages(scope, appName)

    scope.get('/sign-in', HIDDEN, async (request, reply) => {
      const { to } = request.query as Record<string, unknown>
      return reply.redirect(await signIns.begin(to, reply), 303)
    })

    // HEAD must not follow it, as programs do that only look at links.
    scope.get('/sign-in/link', { ...HIDDEN, exposeHeadRoute: false }, async (request, reply) => {
      // The secret is in the address of these pages: it goes nowhere from them, not even to us.
      const headers = { ...PAGE_HEADERS, 'Referrer-Policy': 'no-referrer' }
      if (isPrefetch(request)) {
        const message = 'This link counts once, so it is not opened in advance.'
        return reply
          .code(503)
          .headers(headers)
          .send(errorPage({ appName, message, advice: 'Open it again.' }))
      }
      const origin = originOf(request)
      await network.tryCode(origin)
      const { secret } = request.query as Record<string, unknown>
      const session = typeof secret === 'string' ? await operators.redeem(secret) : null
      const before = cookie.read(request)
      if (session !== null) {
        await audit.record({ action: 'operator_signed_in', actor: { kind: 'operator' }, origin })
        if (before !== null) await browserSessions.end(before, origin)
        cookie.set(reply, session, OPERATOR_SESSION_SECONDS)
        return reply.redirect('/', 303)
      }
      // Opened twice by the same browser, from its history say.
      if (before !== null && (await operators.isLive(before))) return reply.redirect('/', 303)
      await signIn.refused(null, 'link_invalid', origin)
      const view = {
        appName,
        message: 'This link was used or has expired.',
        advice: 'Make a new one: npx promptmeter admin-link',
      }
      return reply.code(403).headers(headers).send(errorPage(view))
    })
  })
}

/** Browsers load what their user may open next; a status that is no success makes them forget it. */
function isPrefetch({ headers }: FastifyRequest): boolean {
  return [headers['sec-purpose'], headers.purpose, headers['x-moz']].some((purpose) =>
    String(purpose ?? '').startsWith('prefetch'),
  )
}
