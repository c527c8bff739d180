import type { FastifyRequest } from 'fastify'
import type { RequestOrigin } from '../audit/audit-event.ts'

/** Longest client name kept, in characters. */
const MAX_CLIENT_NAME_LENGTH = 200

/** Where a request came from: the address is the client's own only where TRUST_PROXY says whom to believe. */
export function originOf({ ip, headers }: FastifyRequest): RequestOrigin {
  return {
    ip: ip.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, ''),
    clientName: clientNameFrom(headers['user-agent']),
  }
}

/** What a client calls itself, as far as a log and a page may show it; null when it says nothing. */
export function clientNameFrom(userAgent: string | undefined): string | null {
  return userAgent?.replace(/[^\x20-\x7e]/g, '').slice(0, MAX_CLIENT_NAME_LENGTH) || null
}
