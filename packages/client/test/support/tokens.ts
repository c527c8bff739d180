/** What a session token looks like to a client, which cannot verify it. */
export function fakeToken(userId: string, claims: Record<string, unknown> = {}): string {
  const payload = {
    userId,
    email: `${userId}@example.com`,
    sid: `session-of-${userId}`,
    iat: 1,
    exp: 3,
    ...claims,
  }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${encode({ alg: 'HS256' })}.${encode(payload)}.c2lnbmF0dXJl`
}
