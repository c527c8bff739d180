import type { FastifyRequest } from 'fastify'
import { isLoopbackHost } from '../config/loopback.ts'
import { PromptmeterError } from '../promptmeter-error.ts'

/** Headers that mean one thing; twice, two readers on the way could each believe another. */
const SINGLE_HEADERS = new Set(['authorization', 'content-type', 'host', 'idempotency-key'])

/** @throws PromptmeterError `duplicate_header` */
export function refuseDuplicateHeaders({ raw: { rawHeaders } }: FastifyRequest): void {
  const seen = new Set<string>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase()
    if (!SINGLE_HEADERS.has(name)) continue
    if (seen.has(name))
      throw new PromptmeterError('duplicate_header', `The header ${name} must be sent once.`)
    seen.add(name)
  }
}

const PROXY_HEADER = /^(?:forwarded|via|x-forwarded-.*)$/

/**
 * While nobody has chosen `SIGN_IN`, an address alone signs in, so only requests that surely come from this machine
 * are served: a proxy, or a name rebound to 127.0.0.1, would open the server to the world.
 * @throws PromptmeterError `proxy_refused`
 */
export function refuseRequestsFromElsewhere({ headers }: FastifyRequest): void {
  const host = headers.host ?? ''
  const proxyHeader = Object.keys(headers).find((name) => PROXY_HEADER.test(name))
  if (proxyHeader === undefined && isLoopbackHost(host.replace(/:\d*$/, ''))) return
  const reason = proxyHeader === undefined ? 'a Host that is not this machine' : `a ${proxyHeader} header`
  throw new PromptmeterError(
    'proxy_refused',
    `This request has ${reason}. Choose SIGN_IN in the settings before others can reach this server.`,
  )
}
