/** A cookie that only the server reads, sent along when a link leads here and never with a request of another site. */
export interface Cookie {
  readonly name: string
  readonly value: string
  readonly path: string
  /** 0 takes it away. */
  readonly maxAgeSeconds: number
  readonly secure: boolean
}

export function serializeCookie({ name, value, path, maxAgeSeconds, secure }: Cookie): string {
  const flags = `HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
  return `${name}=${value}; Path=${path}; Max-Age=${maxAgeSeconds}; ${flags}`
}

/** The value of a cookie in the `Cookie` header, or null. */
export function cookieOf(header: string | undefined, name: string): string | null {
  for (const part of header?.split(';') ?? []) {
    const [key, value] = part.trim().split('=', 2)
    if (key === name && value !== undefined) return value
  }
  return null
}
