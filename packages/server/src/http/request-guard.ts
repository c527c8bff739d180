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

const PROXY_HEADER = /^(?:forwarded|via|x-real-ip|cf-connecting-ip|true-client-ip|x-forwarded-.*)$/

/**
 * While nobody has chosen `SIGN_IN`, an address alone signs in, so only requests that surely come from this machine
 * are served: a proxy, or a name rebound to 127.0.0.1, would open the server to the world.
 * @throws PromptmeterError `proxy_refused`
 */
export function refuseRequestsFromElsewhere({ headers, raw }: FastifyRequest): void {
  const host = headers.host ?? ''
  const proxyHeader = findProxyHeader(headers)
  // A proxy that speaks HTTP/1.0 to its upstream adds no header at all in its usual settings; no client of ours does.
  const old = raw.httpVersionMajor === 1 && raw.httpVersionMinor === 0
  if (proxyHeader === null && !old && isLoopbackHost(host.replace(/:\d*$/, ''))) return
  const reason =
    proxyHeader !== null
      ? `a ${proxyHeader} header`
      : old
        ? 'the old HTTP/1.0'
        : 'a Host that is not this machine'
  throw new PromptmeterError(
    'proxy_refused',
    `This request has ${reason}. Choose SIGN_IN in the settings before others can reach this server.`,
  )
}

function findProxyHeader(headers: FastifyRequest['headers']): string | null {
  for (const name in headers) if (PROXY_HEADER.test(name)) return name
  return null
}
