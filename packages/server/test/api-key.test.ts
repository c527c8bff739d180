import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createApiKeys, looksLikeApiKey } from '../src/sessions/api-key.ts'

const SECRET = 'test-secret-test-secret-test-secret-1'
const OTHER_SECRET = 'test-secret-test-secret-test-secret-2'
const keys = createApiKeys([SECRET])
const principal = { userId: randomUUID(), sessionId: randomUUID() }

describe("a session's API key", () => {
  it('names its user and session, and is the same each time', () => {
    const key = keys.format(principal)
    expect(key).toMatch(/^pm_[A-Za-z0-9_-]{64}$/)
    expect(looksLikeApiKey(key)).toBe(true)
    expect(createApiKeys([SECRET]).format(principal)).toBe(key)
    expect(keys.verify(key)).toEqual(principal)
  })

  it('survives the way there and back for any ids', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (userId, sessionId) => {
        expect(keys.verify(keys.format({ userId, sessionId }))).toEqual({ userId, sessionId })
      }),
    )
  })

  it('is refused with any one bit flipped', () => {
    const bytes = Buffer.from(keys.format(principal).slice(3), 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(keys.verify(`pm_${flipped.toString('base64url')}`), `bit ${bit}`).toBeNull()
    }
  })

  it('has one spelling', () => {
    const key = keys.format(principal)
    const spellings = [
      `${key}=`,
      `${key} `,
      `${key}A`,
      key.slice(0, -1),
      key.toUpperCase(),
      ` ${key}`,
      key.slice(3),
    ]
    for (const spelling of spellings) expect(keys.verify(spelling), spelling).toBeNull()
    const standard = `pm_${key.slice(3).replaceAll('-', '+').replaceAll('_', '/')}`
    if (standard !== key) expect(keys.verify(standard)).toBeNull()
  })

  it('is refused under another secret, and accepted while the old secret is kept', () => {
    const key = keys.format(principal)
    expect(createApiKeys([OTHER_SECRET]).verify(key)).toBeNull()
    expect(createApiKeys([OTHER_SECRET, SECRET]).verify(key)).toEqual(principal)
    expect(createApiKeys([OTHER_SECRET, SECRET]).format(principal)).not.toBe(key)
  })

  it('is none of ours when somebody made it up', () => {
    fc.assert(
      fc.property(fc.string(), (text) => keys.verify(text) === null && keys.verify(`pm_${text}`) === null),
    )
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 48, maxLength: 48 }),
        (bytes) => keys.verify(`pm_${Buffer.from(bytes).toString('base64url')}`) === null,
      ),
    )
  })
})
