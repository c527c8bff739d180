import type { MAX_PRICE_MICROS as MAX_PRICE } from '@promptmeter/contract'
import { InvalidArgumentError } from 'commander'
import { parseInstant } from '../instant.ts'
import { parseDollars } from './money.ts'

/** A whole number, 0 or more. */
export function parseCount(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError('It must be a whole number from 0 to 9007199254740991.')
  }
  return Number(text)
}

/** Days, from 1 to ten years. */
export function parseDays(text: string): number {
  const days = parseCount(text)
  if (days < 1 || days > 3650) throw new InvalidArgumentError('It must be a whole number from 1 to 3650.')
  return days
}

/** A whole number that may be negative. */
export function parseSignedCount(text: string): number {
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError('It must be a whole number such as -2 or 5.')
  }
  return Number(text)
}

/** Dollars as micro-dollars. */
export function parseCost(text: string): number {
  const micros = parseDollars(text)
  if (micros === null) throw new InvalidArgumentError(`It must be ${DOLLARS_HELP}.`)
  return micros
}

/** Dollars that may be negative, as micro-dollars. */
export function parseSignedCost(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1
  return sign * parseCost(text.replace(/^[+-]/, ''))
}

/** As in the contract, which would bring its schemas along. */
export const MAX_PRICE_MICROS: typeof MAX_PRICE = 1_000_000_000_000

/** Dollars for a million tokens, as micro-dollars. */
export function parsePrice(text: string): number {
  const micros = parseCost(text)
  if (micros > MAX_PRICE_MICROS) throw new InvalidArgumentError('It must be at most 1000000 dollars.')
  return micros
}

const DOLLARS_HELP = 'dollars such as 5 or 0.125, with up to 6 decimals'

/** A moment as RFC 3339 has it, or a date for its first moment (UTC). */
export function parseMoment(text: string): string {
  const instant = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text
  if (parseInstant(instant) === null) {
    throw new InvalidArgumentError(
      'It must be a date or an instant, such as 2026-11-20 or 2026-11-20T10:00:00Z.',
    )
  }
  return instant
}

/** What an option holds for a threshold; Commander would take a null for no value at all. */
export type ThresholdOption = number | 'plan'

export const THRESHOLD_HELP =
  'limit on prompts for life: a number, "plan" (or "default") for that of the plan, "none" for none'

/** A limit on prompts; `plan` (or `default`) for that of the plan, `none` for no limit. */
export function parseThreshold(text: string): ThresholdOption {
  if (text === 'plan' || text === 'default') return 'plan'
  return text === 'none' ? Number.MAX_SAFE_INTEGER : parseCount(text)
}

/** As the server wants it. */
export function thresholdOf(option: ThresholdOption): number | null {
  return option === 'plan' ? null : option
}
