import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalizeEmail } from '../src/users/user.ts'

describe('an address', () => {
  it.each([
    ['user@example.com', 'user@example.com'],
    ['  User@EXAMPLE.com\r\n', 'user@example.com'],
    ['first.last+tag@sub.example.co.uk', 'first.last+tag@sub.example.co.uk'],
    ["!#$%&'*+/=?^_`{|}~-@example.com", "!#$%&'*+/=?^_`{|}~-@example.com"],
    ['root@localhost', 'root@localhost'],
    ['user@xn--bcher-kva.example', 'user@xn--bcher-kva.example'],
    ['a@1.2.3.4', 'a@1.2.3.4'],
    [`a@${'b'.repeat(63)}.com`, `a@${'b'.repeat(63)}.com`],
  ])('%j is kept as %j', (text, email) => {
    expect(normalizeEmail(text)).toBe(email)
  })

  it.each([
    '',
    '@',
    'user',
    'user@',
    '@example.com',
    'a@b@c',
    'a b@example.com',
    'a@exam ple.com',
    'a@example..com',
    'a@.example.com',
    'a@example.com.',
    'a@-example.com',
    'a@example-.com',
    `a@${'b'.repeat(64)}.com`,
    '"quoted local"@example.com',
    'a@[127.0.0.1]',
    'a,b@example.com',
    'a@example.com,b@example.com',
    'User <user@example.com>',
    'us\u0000er@example.com',
    'user@exämple.com',
    'usér@example.com',
    'user\u200b@example.com',
    'mi\u212ae@example.com',
    `${'a'.repeat(243)}@example.com`,
  ])('%j is none', (text) => {
    expect(normalizeEmail(text)).toBeNull()
  })

  it('may have 254 characters', () => {
    expect(normalizeEmail(`${'a'.repeat(242)}@example.com`)).not.toBeNull()
  })

  it('has one form: normalizing it again changes nothing, and case never matters', () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.string()), (text) => {
        const email = normalizeEmail(text)
        if (email === null) return
        expect(normalizeEmail(email)).toBe(email)
        expect(normalizeEmail(text.toUpperCase())).toBe(email)
        expect(email).toMatch(/^[\x21-\x7e]+$/)
      }),
      { numRuns: 1000 },
    )
  })
})
