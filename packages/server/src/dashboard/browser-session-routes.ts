import { BrowserSessionResponse } from '@promptmeter/contract'
import { Type } from 'typebox'
import type { BrowserCookie } from '../http/browser-cookie.ts'
import { errorResponses } from '../http/error-responses.ts'
import type { HttpApp } from '../http/http-app.ts'
import { originOf } from '../http/request-origin.ts'
import { version } from '../version.ts'
import type { BrowserCaller, BrowserSessionService } from './browser-session-service.ts'

export interface BrowserSessionRouteParts {
  readonly browserSessions: BrowserSessionService
  readonly cookie: BrowserCookie
  readonly appName: string
  /** Whether this server sends mail. */
  readonly canInvite: boolean
}

/** Who the browser is signed in as, and how that ends. */
export function browserSessionRoutes(app: HttpApp, parts: BrowserSessionRouteParts): void {
  const { browserSessions, cookie, appName, canInvite } = parts

  app.get(
    '/api/browser-session',
    {
      schema: {
        tags: ['Account'],
        summary: 'Who this browser is signed in as',
        description:
          'By the cookie of the dashboard alone, and answered to everybody. A cookie whose session has ended is taken away; ' +
          'a session of which less than half is left is renewed.',
        operationId: 'getBrowserSession',
        security: [],
        response: {
          200: { ...BrowserSessionResponse, description: 'Who it is, or nobody' },
          ...errorResponses('origin_refused'),
        },
      },
    },
    async (request, reply) => {
      const credential = cookie.credentialOf(request)
      const caller = credential === null ? null : await browserSessions.find(credential, originOf(request))
      if (caller === null && cookie.isSent(request)) cookie.clear(reply)
      return { appName, version, ...toCallerResponse(caller), canInvite }
    },
  )

  app.delete(
    '/api/browser-session',
    {
      schema: {
        tags: ['Account'],
        summary: 'Sign this browser out',
        description:
          'Ends the session of its cookie, and takes the cookie away. Harmless where nobody is signed in.',
        operationId: 'endBrowserSession',
        security: [],
        response: {
          204: Type.Null({ description: 'Nobody is signed in here' }),
          ...errorResponses('origin_refused'),
        },
      },
    },
    async (request, reply) => {
      const credential = cookie.credentialOf(request)
      if (credential !== null) await browserSessions.end(credential, originOf(request))
      if (cookie.isSent(request)) cookie.clear(reply)
      return reply.code(204).send(null)
    },
  )
}

function toCallerResponse(
  caller: BrowserCaller | null,
): Pick<BrowserSessionResponse, 'user' | 'operator' | 'admin'> {
  if (caller === null) return { user: null, operator: false, admin: false }
  if (caller.kind === 'operator') return { user: null, operator: true, admin: true }
  const { id, email, role } = caller.user
  return { user: { id, email, role }, operator: false, admin: caller.admin }
}
