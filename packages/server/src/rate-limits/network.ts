import { isIP } from 'node:net'

/**
 * What counts as one place: an IPv4 address, or the first 64 bits of an IPv6 address, which is what one customer gets
 * at least (RFC 6177).
 */
export function networkOf(ip: string): string {
  if (isIP(ip) !== 6) return ip
  const [address = ''] = ip.split('%')
  const [head = '', tail] = address.split('::')
  const parts = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':')
    const given = parts.length + rest.length + (rest.at(-1)?.includes('.') ? 1 : 0)
    parts.push(...Array<string>(Math.max(0, 8 - given)).fill('0'), ...rest)
  }
  const prefix = parts.slice(0, 4).map((part) => Number.parseInt(part || '0', 16).toString(16))
  return `${prefix.join(':')}::/64`
}
