import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRenewalDue, readSessionToken } from '../src/index.ts'
import { fakeToken } from './support/tokens.ts'

describe('a session token', () => {
  it('says whose it is and how long it lasts, also in letters that are not ASCII', () => {
    expect(readSessionToken(fakeToken('Zoë-用户', { iat: 1_000, exp: 3_000 }))).toEqual({
      userId: 'Zoë-用户',
      email: 'Zoë-用户@example.com',
      sessionId: 'session-of-Zoë-用户',
      issuedAt: new Date(1_000_000),
      expiresAt: new Date(3_000_000),
    })
  })

  it.each([
    '',
    'pm_0123456789',
    'a.b.c',
    '..',
    'a.e30.c',
    fakeToken('ada', { sid: 7 }),
    fakeToken('ada', { exp: '3' }),
  ])('is not %j', (text) => {
    expect(readSessionToken(text)).toBeNull()
  })

  it('is never an error, whatever it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => readSessionToken(text) === null))
    fc.assert(
      fc.property(fc.json(), (json) => {
        readSessionToken(`a.${Buffer.from(json).toString('base64url')}.c`)
      }),
    )
  })

  it('is due for renewal from half of its life on', () => {
    const claims = readSessionToken(fakeToken('ada', { iat: 1_000, exp: 3_000 }))
    if (claims === null) throw new Error('no claims')
    expect([1_999_999, 2_000_000, 4_000_000].map((now) => isRenewalDue(claims, new Date(now)))).toEqual([
      false,
      true,
      true,
    ])
  })
})
