import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor } from '../src/gateway/content-redactor.ts'

const SECRET = 'sk-upstream-0123456789'
const COVERED = '*'.repeat(SECRET.length)
/** Without asterisks, which could not be told from their cover. */
const secret = fc
  .oneof(
    fc.string({ minLength: 8, maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'a', '$', '&', 'é'), minLength: 8, maxLength: 12 }),
  )
  .map((text) => text.replaceAll('*', '$'))

describe('redacting a secret', () => {
  it('covers each occurrence and changes nothing else', () => {
    const text = `{"error":"Incorrect API key: ${SECRET}","again":"${SECRET}${SECRET}é"}`
    const expected = `{"error":"Incorrect API key: ${COVERED}","again":"${COVERED}${COVERED}é"}`
    const redactor = createRedactor(SECRET)
    expect(redactor.redact(Buffer.from(text)).toString()).toBe(expected)
    expect(redactor.redactText(text)).toBe(expected)
  })

  it('leaves no secret behind and keeps the length', () => {
    fc.assert(
      fc.property(secret, fc.array(fc.string()), (secret, parts) => {
        const redactor = createRedactor(secret)
        for (const text of [
          parts.join(secret),
          JSON.stringify(parts.join(secret)),
          `${secret.slice(0, 5)}${secret}`,
        ]) {
          const bytes = Buffer.from(text)
          const redacted = redactor.redact(bytes)
          expect(redacted.length).toBe(bytes.length)
          for (const form of [secret, JSON.stringify(secret).slice(1, -1)]) {
            expect(redacted.includes(form)).toBe(false)
            expect(redactor.redactText(text)).not.toContain(form)
          }
          expect(redactor.redactText(text).length).toBe(text.length)
          if (!/[^\0-\x7f]/.test(text)) expect(redactor.redactText(text)).toBe(redacted.toString())
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('covers it escaped in JSON too, and the JSON stays valid', () => {
    for (const awkward of ['pass"word\\1', '\\password', 'pass\nword']) {
      const redactor = createRedactor(awkward)
      const body = Buffer.from(JSON.stringify({ error: `bad key ${awkward}` }))
      expect(redactor.contains(body.toString())).toBe(true)
      expect(JSON.parse(redactor.redact(body).toString()).error).toMatch(/^bad key \*+$/)
      expect(JSON.parse(redactor.redactText(body.toString())).error).toMatch(/^bad key \*+$/)
    }
  })

  it('covers bytes, not characters, of a secret outside ASCII', () => {
    const bytes = Buffer.from('key: pässwörter!')
    expect(createRedactor('pässwörter').redact(bytes).toString()).toBe(`key: ${'*'.repeat(12)}!`)
  })

  it('gives back the same buffer when the secret is not in it, and never writes to it', () => {
    const redactor = createRedactor(SECRET)
    const harmless = Buffer.from('data: {}\n\n')
    expect(redactor.redact(harmless)).toBe(harmless)
    const harmful = Buffer.from(SECRET)
    expect(redactor.redact(harmful)).not.toBe(harmful)
    expect(harmful.toString()).toBe(SECRET)
  })

  it.each([null, '', 'ollama', '1234567'])('does not look for %j', (short) => {
    const redactor = createRedactor(short)
    const text = 'ollama 1234567 null'
    const bytes = Buffer.from(text)
    expect(redactor.redact(bytes)).toBe(bytes)
    expect(redactor.redactText(text)).toBe(text)
    expect(redactor.contains(text)).toBe(false)
  })

  it('tells whether a text contains the secret', () => {
    const { contains } = createRedactor('12345678')
    expect(contains('key=12345678!')).toBe(true)
    expect(contains('key=1234567')).toBe(false)
  })
})
