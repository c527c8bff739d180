import { METERS, WINDOWS } from '@promptmeter/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collectLimits, type LimitOption, parseLimit } from '../src/cli/limit-option.ts'
import { formatDollars, parseDollars } from '../src/cli/money.ts'
import { parseMoment, parseSignedCost } from '../src/cli/option-values.ts'
import { changeOverrides, changePlan } from '../src/cli/terms-changes.ts'

const MAX = Number.MAX_SAFE_INTEGER
const digit = fc.constantFrom(...'0123456789')

describe('dollars', () => {
  const micros = fc.oneof(fc.integer({ min: 0, max: 5_000_000 }), fc.maxSafeNat())

  it('become micro-dollars exactly, whatever a float would make of them', () => {
    expect(parseDollars('1.1')).toBe(1_100_000)
    expect(parseDollars('8.289999')).toBe(8_289_999)
    expect(parseDollars('9007199254.740991')).toBe(MAX)
    fc.assert(
      fc.property(
        fc.bigInt(0n, 9_007_199_253n),
        fc.string({ unit: digit, maxLength: 6 }),
        (whole, digits) => {
          const text = digits === '' ? String(whole) : `${whole}.${digits}`
          expect(parseDollars(text)).toBe(Number(whole * 1_000_000n + BigInt(digits.padEnd(6, '0'))))
        },
      ),
    )
  })

  it('come back as they were written', () => {
    fc.assert(
      fc.property(micros, (amount) => {
        expect(parseDollars(formatDollars(amount).replaceAll(/[$,]/g, ''))).toBe(amount)
      }),
    )
  })

  it.each([
    [0, '$0.00'],
    [1, '$0.000001'],
    [41_250, '$0.04125'],
    [100_000, '$0.10'],
    [1_234_567, '$1.234567'],
    [5_000_000, '$5.00'],
    [1_234_500_000, '$1,234.50'],
    [MAX, '$9,007,199,254.740991'],
  ])('are shown with two decimals or more: %d as %s', (amount, text) => {
    expect(formatDollars(amount)).toBe(text)
  })

  it.each([
    '',
    '.5',
    '5.',
    '1.2345678',
    '1,5',
    '1e3',
    '0x10',
    '-1',
    '+1',
    ' 1',
    '1\n',
    '$1',
    'NaN',
    'Infinity',
    '٣',
    '9007199254.740992',
    '9'.repeat(400),
  ])('are not %j', (text) => {
    expect(parseDollars(text)).toBeNull()
  })

  it('of a correction may be taken away', () => {
    expect(parseSignedCost('-0.125')).toBe(-125_000)
    expect(parseSignedCost('+2')).toBe(2_000_000)
    for (const text of ['--1', '+-1', '-+1', '-', '']) expect(() => parseSignedCost(text)).toThrow('dollars')
  })
})

describe('--limit', () => {
  it('reads every meter and window, cost in dollars and all else as a whole number', () => {
    for (const meter of METERS) {
      for (const window of WINDOWS) {
        const amount = meter === 'cost' ? 12_000_000 : 12
        expect(parseLimit(`${meter}/${window}=12`)).toEqual({ meter, window, amount })
        expect(parseLimit(`${meter}/${window}=none`)).toEqual({ meter, window, amount: 'none' })
        expect(parseLimit(`${meter}/${window}=plan`)).toEqual({ meter, window, amount: 'plan' })
      }
    }
    expect(parseLimit('cost/month=5.000001')).toMatchObject({ amount: 5_000_001 })
  })

  it.each([
    '',
    'prompts',
    'prompts/month',
    'prompts/month=',
    'prompts=5',
    '/month=5',
    'prompts/=5',
    'words/month=5',
    'prompts/year=5',
    'Prompts/month=5',
    ' prompts/month=5',
    'prompts/month= 5',
    'prompts/month=-1',
    'prompts/month=1.5',
    'prompts/month=1e3',
    'prompts/month=9007199254740992',
    'prompts/month=5=6',
    'prompts/month/day=5',
    'tokens/day=unlimited',
    'cost/day=1.2345678',
    'cost/day=-1',
    'constructor/month=5',
  ])('refuses %j', (text) => {
    expect(() => parseLimit(text)).toThrow(/^It must be/)
  })

  it('may be said again for another limit, not for the same', () => {
    const earlier = collectLimits('prompts/month=5', collectLimits('prompts/day=1'))
    expect(earlier.map(({ window }) => window)).toEqual(['day', 'month'])
    expect(() => collectLimits('prompts/day=none', earlier)).toThrow('prompts/day is limited twice.')
  })
})

describe('what is named', () => {
  const limit = (window: LimitOption['window'], amount: LimitOption['amount']): LimitOption => ({
    meter: 'tokens',
    window,
    amount,
  })

  it('changes in a plan, and nothing else does', () => {
    const plan = {
      limits: [
        { meter: 'tokens', window: 'day', amount: 1 },
        { meter: 'prompts', window: 'day', amount: 2 },
      ] as const,
      allowedModels: ['gpt-5*'],
      requestsPerMinute: 60,
      concurrentCalls: null,
      defaultMaxTokens: 100,
    }
    const before = { ...plan, limits: [...plan.limits] }
    expect(changePlan(before, {})).toEqual(before)
    expect(changePlan(before, { limit: [limit('day', 7), limit('month', 30)] }).limits).toEqual([
      limit('day', 7),
      plan.limits[1],
      limit('month', 30),
    ])
    expect(changePlan(before, { limit: [limit('day', 'none'), limit('week', 'none')] }).limits).toEqual([
      plan.limits[1],
    ])
    expect(changePlan(before, { models: 'none', requestsPerMinute: 5, defaultMaxTokens: 'none' })).toEqual({
      ...before,
      allowedModels: null,
      requestsPerMinute: 5,
      defaultMaxTokens: null,
    })
  })

  it('changes in what a user has instead, down to nothing', () => {
    const overrides = { limits: [{ ...limit('day', 5), amount: 5 }], requestsPerMinute: 10 }
    expect(changeOverrides(null, {})).toBeNull()
    expect(changeOverrides(overrides, { models: ['m'], limit: [limit('month', 'none')] })).toEqual({
      limits: [limit('day', 5), { ...limit('month', 0), amount: null }],
      requestsPerMinute: 10,
      allowedModels: ['m'],
    })
    expect(changeOverrides(overrides, { limit: [limit('day', 'plan')] })).toEqual({ requestsPerMinute: 10 })
    expect(changeOverrides(overrides, { requestsPerMinute: 'none' })).toEqual({
      ...overrides,
      requestsPerMinute: null,
    })
    expect(
      changeOverrides(overrides, {
        limit: [limit('day', 'plan')],
        requestsPerMinute: 'plan',
        models: 'plan',
      }),
    ).toBeNull()
  })
})

it('a moment is a date or an instant, nothing that another would read otherwise', () => {
  expect(parseMoment('2026-01-31')).toBe('2026-01-31T00:00:00Z')
  expect(parseMoment('2026-01-31T10:00:00+02:00')).toBe('2026-01-31T10:00:00+02:00')
  for (const text of [
    '2026',
    'now',
    '2026-02-30',
    '2026-01-31 10:00',
    '2026-01-31T10:00:00',
    '01/31/2026',
    '',
  ])
    expect(() => parseMoment(text), text).toThrow('It must be a date or an instant')
})
