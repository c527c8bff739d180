import type { Meter } from '@promptmeter/contract'
import { MAX_COUNT } from '@promptmeter/contract/bounds'

const GROUPED_OR_PLAIN = '(?:\\d{1,3}(?:,\\d{3})+|\\d+)'
const COUNT = new RegExp(`^${GROUPED_OR_PLAIN}$`)
const DOLLARS = new RegExp(`^\\$?(${GROUPED_OR_PLAIN})(?:\\.(\\d{1,6}))?$`)

/** A whole number as typed, such as `200000` or `200,000`; null for what is none or is past what JSON carries. */
export function parseCount(text: string): number | null {
  const typed = text.trim()
  return COUNT.test(typed) ? toCount(typed) : null
}

/** The micro-dollars of an amount in dollars such as `1.25`, exactly; null for what is none. */
export function parseDollars(text: string): number | null {
  const parts = DOLLARS.exec(text.trim())
  if (parts === null) return null
  const [, dollars = '', fraction = ''] = parts
  return toCount(dollars + fraction.padEnd(6, '0'))
}

/** What is typed for a meter: dollars for `cost`, in micro-dollars here. Null for what is no amount. */
export const parseAmount = (text: string, meter: Meter): number | null =>
  meter === 'cost' ? parseDollars(text) : parseCount(text)

/** An amount as it would be typed; it reads back as the very same. */
export function amountText(amount: number, meter: Meter): string {
  if (meter !== 'cost') return String(amount)
  const digits = String(amount).padStart(7, '0')
  const fraction = digits.slice(-6).replace(/0{1,4}$/, '')
  return `${digits.slice(0, -6)}.${fraction}`
}

/** What to type, where `parseAmount` made nothing of it. */
export const amountHint = (meter: Meter): string =>
  meter === 'cost'
    ? 'Give dollars, such as 5 or 0.25, with at most six digits after the point.'
    : 'Give a whole number, such as 1000.'

function toCount(digits: string): number | null {
  const count = BigInt(digits.replaceAll(',', ''))
  return count > BigInt(MAX_COUNT) ? null : Number(count)
}
