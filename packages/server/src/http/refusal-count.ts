import type { ErrorCode } from '@promptmeter/contract'
import type { HttpApp } from './http-app.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The code this request was refused with, set where the refusal becomes an answer. */
    refusedWith: ErrorCode | null
  }
}

/** What editors and those who sign in call; not the operator's API, nor what only reads. */
const ROUTES = /^\/(?:v1|trackUsage|signup|sign-in|oauth|device)(?:\/|$)/

/** Who asks is not let in, a limit is reached, or the server is not able to: no slips in how the request was written. */
const STATUSES = new Set([401, 403, 409, 429, 503])

/** Tells `count` of every call that was refused for who asks, for a limit or for want of capacity. */
export function countRefusals(app: HttpApp, count: (code: ErrorCode) => void): void {
  app.decorateRequest('refusedWith', null)
  app.addHook('onResponse', (request, reply, done) => {
    const { refusedWith } = request
    if (refusedWith !== null && ROUTES.test(request.routeOptions.url ?? '')) {
      // Whoever is no user, or none any more, is refused as one who may not.
      if (STATUSES.has(reply.statusCode) || refusedWith === 'user_not_found') count(refusedWith)
    }
    done()
  })
}
