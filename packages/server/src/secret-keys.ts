import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

export type JwtSecrets = readonly [string, ...string[]]
export type DerivedKeys = readonly [Buffer, ...Buffer[]]

/**
 * A key of 256 bits for one purpose from each secret (HKDF, RFC 5869): replicas agree on it and nothing has to be kept.
 * @param secrets the current secret, then those it replaced
 */
export function deriveKeys(secrets: JwtSecrets, purpose: string): DerivedKeys {
  const derive = (secret: string) => Buffer.from(hkdfSync('sha256', secret, '', `promptmeter ${purpose}`, 32))
  const [current, ...previous] = secrets
  return [derive(current), ...previous.map(derive)]
}

/** Names something in the database that must not be readable there, nor be guessed from what is. */
export interface Macs {
  /** Under the current secret. */
  of(text: string): string
  /** Under every secret that still counts, to look for what was written before a change of secrets. */
  candidates(text: string): string[]
  /** Whether `claimed` is that of the text, under any secret that still counts; takes as long whatever it is. */
  matches(text: string, claimed: string): boolean
}

export function createMacs(secrets: JwtSecrets, purpose: string): Macs {
  const keys = deriveKeys(secrets, purpose)
  const mac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest('base64url')
  const candidates = (text: string) => keys.map((key) => mac(key, text))
  return {
    of: (text) => mac(keys[0], text),
    candidates,
    matches(text, claimed) {
      const given = Buffer.from(claimed)
      return candidates(text)
        .map((candidate) => Buffer.from(candidate))
        .some((known) => known.length === given.length && timingSafeEqual(known, given))
    },
  }
}
