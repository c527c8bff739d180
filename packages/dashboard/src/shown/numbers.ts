import { MAX_COUNT } from '@promptmeter/contract/bounds'

const GROUPED = new Intl.NumberFormat('en')
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const DOLLARS = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' })
const COMPACT_DOLLARS = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  notation: 'compact',
  maximumFractionDigits: 1,
})
const EXACT_DOLLARS = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 2,
  maximumFractionDigits: 6,
})
const PERCENT = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 })

/** Numbers up to here are written out; larger ones are shortened, with all digits on hover. */
const WRITTEN_OUT = 99_999

export const MICROS_PER_DOLLAR = 1_000_000

/** What a number is of. `cost` is in micro-dollars. */
export type Unit = 'count' | 'cost'

/** `1,234`, and `1.2M` from 100,000 on; `$12.30` for a cost. */
export function shortNumber(value: number, unit: Unit = 'count'): string {
  if (unit === 'count') {
    if (value >= MAX_COUNT) return 'no limit'
    return Math.abs(value) <= WRITTEN_OUT ? GROUPED.format(value) : COMPACT.format(value)
  }
  const dollars = value / MICROS_PER_DOLLAR
  if (Math.abs(dollars) > WRITTEN_OUT) return COMPACT_DOLLARS.format(dollars)
  return value !== 0 && Math.abs(dollars) < 0.005 ? EXACT_DOLLARS.format(dollars) : DOLLARS.format(dollars)
}

/** Every digit: `1,234,567`, and `$0.001125` for a cost. */
export function exactNumber(value: number, unit: Unit = 'count'): string {
  if (unit === 'cost') return EXACT_DOLLARS.format(value / MICROS_PER_DOLLAR)
  return value >= MAX_COUNT ? 'no limit' : GROUPED.format(value)
}

/** A share as a whole percentage, rounded down, so that 100% stands for all alone, and 0% for nothing. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return '< 1%'
  return PERCENT.format(Math.floor(share * 100) / 100)
}

/** `1 prompt`, `2 prompts`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${shortNumber(count)} ${count === 1 ? singular : plural}`
}
