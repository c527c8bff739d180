import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PromptmeterError } from '../promptmeter-error.ts'
import { refuseAmbiguousHeaders, refuseRequestsFromElsewhere } from './request-guard.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** What happens to every request before its route is asked: its answer gets its headers, and the guard has its say. */
export type Admission = (request: FastifyRequest, reply: FastifyReply) => PromptmeterError | undefined

/** @param onlyFromHere serve only requests that surely come from this machine */
export function createAdmission({ onlyFromHere }: { onlyFromHere: boolean }): Admission {
  return (request, reply) => {
    reply.headers(SECURITY_HEADERS)
    reply.header('X-Request-Id', request.id)
    try {
      refuseAmbiguousHeaders(request)
      if (onlyFromHere) refuseRequestsFromElsewhere(request)
      return undefined
    } catch (error) {
      return error as PromptmeterError
    }
  }
}
