import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { handleError, statusOf, toRefusal } from '../http/error-handler.ts'
import { PAGE_HEADERS, pagePolicy } from '../pages/layout.ts'
import { BEGIN_AGAIN, errorPage } from '../pages/outcome-pages.ts'
import { PromptmeterError } from '../promptmeter-error.ts'

/** @param formTarget an origin beside our own that a form of the page may end at */
export function answerPage(reply: FastifyReply, page: string, formTarget?: string): FastifyReply {
  reply.headers(PAGE_HEADERS)
  if (formTarget !== undefined) reply.header('Content-Security-Policy', pagePolicy(formTarget))
  return reply.send(page)
}

/** Errors of these routes are told on a page to whoever asked for one, and as everywhere else to programs. */
export function answerErrorsWithPages(scope: FastifyInstance, appName: string): void {
  scope.setErrorHandler((error: Error, request: FastifyRequest, reply: FastifyReply) => {
    if (request.headers.accept?.includes('text/html') !== true) return handleError(error, request, reply)
    const refusal = toRefusal(error, request)
    request.refusedWith = refusal.code
    const status = statusOf(refusal.code)
    if (status >= 500 && refusal !== error)
      request.log.error({ err: error, reqId: request.id }, 'request failed')
    if (refusal.retryAfterSeconds !== undefined) reply.header('Retry-After', refusal.retryAfterSeconds)
    return answerPage(
      reply.code(status),
      errorPage({ appName, message: refusal.message, advice: BEGIN_AGAIN }),
    )
  })
}

/** The sign-in is finished, has expired, or is not of this browser. */
export function signInGone(): PromptmeterError {
  return new PromptmeterError(
    'invalid_request',
    'This sign-in is over: it was finished, took too long, or began in another browser.',
  )
}
