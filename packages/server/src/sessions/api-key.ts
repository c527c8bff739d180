import { createHmac, timingSafeEqual } from 'node:crypto'
import { deriveKeys, type JwtSecrets } from '../secret-keys.ts'
import type { Principal } from './session.ts'

const PREFIX = 'pm_'
const ID_BYTES = 16
/** 128 bits: nobody guesses it, and the key stays short. With two ids it makes 48 bytes, so base64url has one spelling. */
const MAC_BYTES = 16
const KEY_LENGTH = PREFIX.length + ((2 * ID_BYTES + MAC_BYTES) / 3) * 4
const KEY_PATTERN = new RegExp(`^${PREFIX}[A-Za-z0-9_-]{${KEY_LENGTH - PREFIX.length}}$`)

export interface ApiKeys {
  /** The API key of a session: always the same for the same session and secret. */
  format(principal: Principal): string
  /** Whose key this is, or null when it is none of ours. Whether the session still lives the database knows. */
  verify(key: string): Principal | null
}

/**
 * A session's API key is `pm_` + base64url(user id, session id, MAC): nothing has to be stored, and whoever reads the
 * database cannot make one.
 * @param secrets the current secret, then those it replaced
 */
export function createApiKeys(secrets: JwtSecrets): ApiKeys {
  const macKeys = deriveKeys(secrets, 'api key v1')

  return {
    format({ userId, sessionId }) {
      const ids = Buffer.concat([uuidToBytes(userId), uuidToBytes(sessionId)])
      return PREFIX + Buffer.concat([ids, mac(macKeys[0], ids)]).toString('base64url')
    },

    verify(key) {
      if (!KEY_PATTERN.test(key)) return null
      const bytes = Buffer.from(key.slice(PREFIX.length), 'base64url')
      const ids = bytes.subarray(0, 2 * ID_BYTES)
      const claimed = bytes.subarray(2 * ID_BYTES)
      if (!macKeys.some((macKey) => timingSafeEqual(mac(macKey, ids), claimed))) return null
      return {
        userId: bytesToUuid(ids.subarray(0, ID_BYTES)),
        sessionId: bytesToUuid(ids.subarray(ID_BYTES)),
      }
    },
  }
}

export function looksLikeApiKey(credential: string): boolean {
  return credential.startsWith(PREFIX)
}

function mac(macKey: Buffer, ids: Buffer): Buffer {
  return createHmac('sha256', macKey).update(ids).digest().subarray(0, MAC_BYTES)
}

function uuidToBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

function bytesToUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}
