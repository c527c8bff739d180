import { isIP } from 'node:net'

/** True for names and addresses that only this machine can reach (RFC 6761, RFC 1122, RFC 4291). */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  if (name === 'localhost' || name === '::1') return true
  return isIP(name) === 4 && name.startsWith('127.')
}
