import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { delayBeforeRetry, isPassing, parseRetryAfter, wait } from '../src/retry.ts'
import { caught } from './support/caught.ts'

const attempt = fc.integer({ min: 1, max: 2_000 })
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the pause before the next try', () => {
  it('lies between nothing and a cap that doubles from 300 ms to 8 s', () => {
    fc.assert(
      fc.property(attempt, random, (failed, chance) => {
        const delay = delayBeforeRetry(failed, undefined, chance)
        expect(delay).toBeGreaterThanOrEqual(0)
        expect(delay).toBeLessThanOrEqual(Math.min(8_000, 300 * 2 ** (failed - 1)))
      }),
    )
    expect([1, 2, 3, 9].map((failed) => delayBeforeRetry(failed, undefined, 0.999_999))).toEqual([
      expect.closeTo(300, 1),
      expect.closeTo(600, 1),
      expect.closeTo(1_200, 1),
      expect.closeTo(8_000, 1),
    ])
  })

  it('is never shorter than what the server asks for, and at most the cap longer', () => {
    fc.assert(
      fc.property(attempt, random, fc.integer({ min: 0, max: 30_000 }), (failed, chance, retryAfterMs) => {
        const delay = delayBeforeRetry(failed, retryAfterMs, chance)
        expect(delay).toBeGreaterThanOrEqual(retryAfterMs)
        expect(delay).toBeLessThanOrEqual(retryAfterMs + 8_000)
      }),
    )
  })

  it('is not waited for where the server asks for more than 30 s', () => {
    expect(delayBeforeRetry(1, 30_001, 0)).toBeNull()
  })
})

describe('Retry-After', () => {
  const now = Date.parse('2026-11-24T12:00:00Z')
  it.each([
    ['120', 120_000],
    [' 7 ', 7_000],
    ['0', 0],
    ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
  ])('%j is %s ms', (value, expected) => {
    expect(parseRetryAfter(new Headers({ 'retry-after': value }), now)).toBe(expected)
  })
})

describe('what may pass by itself', () => {
  it.each([408, 429, 500, 502, 503, 504])('%i does', (status) => {
    expect(isPassing(status, new Headers())).toBe(true)
  })
  it.each([200, 301, 400, 401, 403, 404, 409, 413, 422, 501])('%i does not', (status) => {
    expect(isPassing(status, new Headers())).toBe(false)
  })
  it('the word of the server counts more than the status', () => {
    expect(isPassing(503, new Headers({ 'x-should-retry': 'false' }))).toBe(false)
    expect(isPassing(409, new Headers({ 'x-should-retry': 'true' }))).toBe(true)
  })
})

describe('a pause', () => {
  it('ends with the reason of its signal, before and while it lasts', async () => {
    const reason = new Error('closed')
    expect(await caught(wait(60_000, AbortSignal.abort(reason)))).toBe(reason)
    const controller = new AbortController()
    const waiting = caught(wait(60_000, controller.signal))
    controller.abort(reason)
    expect(await waiting).toBe(reason)
  })
})
