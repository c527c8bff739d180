import type { Price } from '@promptmeter/contract'
import { describe, expect, it } from 'vitest'
import { groupPrices, priceBefore, priceTime } from '../src/prices/price-groups.ts'
import { emptyPriceText, parsePriceText, priceText } from '../src/prices/price-text.ts'

const price = (effectiveFrom: string, inputMicros = 1_250_000, model = 'gpt-5'): Price => ({
  model,
  effectiveFrom,
  inputMicros,
  cachedInputMicros: null,
  outputMicros: 10_000_000,
})

describe('a price as typed', () => {
  const typed = { ...emptyPriceText('gpt-5*', new Date('2026-11-20T10:00:00Z')), input: '0.1', output: '2' }

  it.each([
    ['0.1', 100_000],
    ['0.000001', 1],
    ['1.005', 1_005_000],
    ['4.35', 4_350_000],
    ['1000000', 1_000_000_000_000],
    ['999999.999999', 999_999_999_999],
  ])('%s dollars are %i micro-dollars, exactly', (input, inputMicros) => {
    expect(parsePriceText({ ...typed, input }, null)).toMatchObject({ price: { inputMicros } })
  })

  it.each(['', '-1', '1e3', '0.0000001', '1000000.000001', 'free'])('refuses %j as dollars', (input) => {
    expect(parsePriceText({ ...typed, input }, null)).toHaveProperty('errors.input')
  })

  it('costs cached input like other input where that is left empty', () => {
    expect(parsePriceText(typed, null)).toMatchObject({ price: { cachedInputMicros: null } })
  })

  it('refuses a year that nobody means', () => {
    expect(parsePriceText({ ...typed, from: '0026-11-20T10:00' }, null)).toHaveProperty('errors.from')
  })

  it('keeps its moment to the millisecond while it is corrected', () => {
    const kept = price('2026-11-20T10:00:00.123Z')
    expect(parsePriceText(priceText(kept), kept)).toEqual({ price: kept })
  })
})

describe('the prices of a model', () => {
  const now = Date.parse('2026-11-20T10:00:00Z')
  const [first, second, next] = [
    price('2024-01-01T00:00:00Z', 1),
    price('2025-01-01T00:00:00Z', 2),
    price('2027-01-01T00:00:00Z', 3),
  ] as const

  it('puts what holds now first, then the others, the newest before', () => {
    const [group] = groupPrices([first, next, second], now)
    expect(group).toMatchObject({ head: second, others: [next, first] })
    expect([second, next, first].map((each) => group && priceTime(each, group, now))).toEqual([
      'now',
      'later',
      'earlier',
    ])
  })

  it('leads with the first to come where none holds yet', () => {
    const later = price('2028-01-01T00:00:00Z')
    expect(groupPrices([later, next], now)).toMatchObject([{ head: next, others: [later] }])
  })

  it('takes the one before for a price that is deleted, and none for the first', () => {
    const [group] = groupPrices([first, second, next], now)
    expect(group && priceBefore(next, group)).toBe(second)
    expect(group && priceBefore(first, group)).toBeNull()
  })
})
