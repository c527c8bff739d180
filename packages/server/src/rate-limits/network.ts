import ipaddr from 'ipaddr.js'

/** What one customer gets at least (RFC 6177), in bits. */
const IPV6_PREFIX = 64

/** What counts as one place: an IPv4 address, or the network of an IPv6 address. */
export function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip
  const address = ipaddr.process(ip)
  if (address.kind() === 'ipv4') return address.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toNormalizedString()}/${IPV6_PREFIX}`)}/${IPV6_PREFIX}`
}
