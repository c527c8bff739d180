import type { FastifyRequest } from 'fastify'
import { isLoopbackHost } from '../config/loopback.ts'
import { PromptmeterError } from '../promptmeter-error.ts'

/**
 * Headers that mean one thing; twice, two readers on the way could each believe another. They are found by the length
 * of their names, which all differ: every request passes here.
 */
const SINGLE_HEADERS = new Map(
  ['host', 'content-type', 'authorization', 'idempotency-key'].map((name) => [name.length, name]),
)

/** @throws PromptmeterError `duplicate_header`; `invalid_request` when HTTP/1.1 names no Host (RFC 9112, 3.2) */
export function refuseAmbiguousHeaders({ raw, headers }: FastifyRequest): void {
  const { rawHeaders } = raw
  let seen = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const { length } = rawHeaders[index] as string
    const name = SINGLE_HEADERS.get(length)
    if (name === undefined || (rawHeaders[index] as string).toLowerCase() !== name) continue
    const bit = 1 << length
    if (seen & bit) throw new PromptmeterError('duplicate_header', `The header ${name} must be sent once.`)
    seen |= bit
  }
  if (headers.host === undefined && raw.httpVersion === '1.1') {
    throw new PromptmeterError('invalid_request', 'The Host header is missing.')
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
  const proxyHeader = findProxyHeader(headers)
  if (proxyHeader === null && isLoopbackHost(host.replace(/:\d*$/, ''))) return
  const reason = proxyHeader === null ? 'a Host that is not this machine' : `a ${proxyHeader} header`
  throw new PromptmeterError(
    'proxy_refused',
    `This request has ${reason}. Choose SIGN_IN in the settings before others can reach this server.`,
  )
}

function findProxyHeader(headers: FastifyRequest['headers']): string | null {
  for (const name in headers) if (PROXY_HEADER.test(name)) return name
  return null
}
