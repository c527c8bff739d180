import { CompactEncrypt, compactDecrypt, errors } from 'jose'
import { deriveKeys, type JwtSecrets } from '../secret-keys.ts'

/** Hides what may be read by whoever holds it, and shows whether anybody changed it (JWE, RFC 7516). */
export interface Sealer {
  seal(value: unknown): Promise<string>
  /** null for what was not sealed here, or under a secret that no longer counts. */
  open(sealed: string): Promise<unknown>
}

export function createSealer(secrets: JwtSecrets, purpose: string): Sealer {
  const keys = deriveKeys(secrets, purpose)
  return {
    seal: (value) =>
      new CompactEncrypt(Buffer.from(JSON.stringify(value)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(keys[0]),

    async open(sealed) {
      for (const key of keys) {
        try {
          const { plaintext } = await compactDecrypt(sealed, key, {
            keyManagementAlgorithms: ['dir'],
            contentEncryptionAlgorithms: ['A256GCM'],
          })
          return JSON.parse(Buffer.from(plaintext).toString())
        } catch (error) {
          if (!(error instanceof errors.JOSEError)) throw error
        }
      }
      return null
    },
  }
}
