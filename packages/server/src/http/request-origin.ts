import type { FastifyRequest } from 'fastify'
import type { RequestOrigin } from '../audit/audit-event.ts'

/** Longest client name kept, in characters. */
const MAX_CLIENT_NAME_LENGTH = 200

/** Where a request came from: the address is the client's own only where TRUST_PROXY says whom to believe. */
export function originOf({ ip, headers }: FastifyRequest): RequestOrigin {
  const name = headers['user-agent']?.replace(/[^\x20-\x7e]/g, '').slice(0, MAX_CLIENT_NAME_LENGTH)
  return { ip: ip.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, ''), clientName: name || null }
}
