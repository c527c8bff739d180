import type { Limit, Meter, Overrides, Window } from '@promptmeter/contract'
import { amountHint, amountText, parseAmount } from './amount-text.ts'

/** A limit while it is edited. */
export interface LimitRow {
  /** Stays with the row while others come and go. */
  readonly key: string
  readonly meter: Meter
  readonly window: Window
  /** As typed: dollars for `cost`. `LIFTED` for no limit. */
  readonly amount: string
}

/** The amount of an override that lifts the limit of the plan. */
export const LIFTED = 'none'

export const METER_NAMES: Readonly<Record<Meter, string>> = {
  prompts: 'Prompts',
  tokens: 'Tokens',
  cost: 'Cost',
}
export const WINDOW_NAMES: Readonly<Record<Window, string>> = {
  lifetime: 'for life',
  month: 'a month',
  week: 'a week',
  day: 'a day',
  hour: 'an hour',
}

export type OverrideLimit = NonNullable<Overrides['limits']>[number]

/** By the key of the row. */
export type LimitRowErrors = Readonly<Record<string, string>>

export type ParsedLimits<Kind> = { readonly limits: Kind[] } | { readonly errors: LimitRowErrors }

let lastKey = 0

export function limitRow({ meter, window, amount }: OverrideLimit | Limit): LimitRow {
  lastKey += 1
  const text = amount === null ? LIFTED : amountText(amount, meter)
  return { key: `row-${lastKey}`, meter, window, amount: text }
}

/** The limits of a plan: every row has an amount. */
export function parseLimitRows(rows: readonly LimitRow[]): ParsedLimits<Limit> {
  const parsed = parse(rows)
  const lifted = rows.filter(({ amount }) => amount === LIFTED)
  if ('limits' in parsed && lifted.length === 0) return parsed as ParsedLimits<Limit>
  const errors = 'errors' in parsed ? parsed.errors : {}
  return {
    errors: { ...errors, ...Object.fromEntries(lifted.map(({ key, meter }) => [key, amountHint(meter)])) },
  }
}

/** What one user has instead: an amount of null lifts the limit. Prompts for life are the threshold, and no row. */
export function parseOverrideRows(rows: readonly LimitRow[]): ParsedLimits<OverrideLimit> {
  const parsed = parse(rows)
  const forLife = rows.filter(({ meter, window }) => meter === 'prompts' && window === 'lifetime')
  if (forLife.length === 0) return parsed
  const errors = 'errors' in parsed ? parsed.errors : {}
  const reason = 'Prompts for life are limited by the threshold.'
  return { errors: { ...errors, ...Object.fromEntries(forLife.map(({ key }) => [key, reason])) } }
}

function parse(rows: readonly LimitRow[]): ParsedLimits<OverrideLimit> {
  const limits: OverrideLimit[] = []
  const errors: Record<string, string> = {}
  const seen = new Set<string>()
  for (const { key, meter, window, amount: text } of rows) {
    const amount = text === LIFTED ? null : parseAmount(text, meter)
    if (amount === null && text !== LIFTED) errors[key] = amountHint(meter)
    if (seen.has(`${meter}/${window}`))
      errors[key] = `${METER_NAMES[meter]} ${WINDOW_NAMES[window]} stand here twice.`
    seen.add(`${meter}/${window}`)
    limits.push({ meter, window, amount })
  }
  return Object.keys(errors).length === 0 ? { limits } : { errors }
}

/** A pair that no row has yet, for a row to add; null when there is none left. */
export function freePair(
  rows: readonly LimitRow[],
  taken: (pair: Pick<LimitRow, 'meter' | 'window'>) => boolean = () => false,
): Pick<LimitRow, 'meter' | 'window'> | null {
  for (const window of ['month', 'week', 'day', 'hour', 'lifetime'] as const) {
    for (const meter of ['prompts', 'tokens', 'cost'] as const) {
      const used = rows.some((row) => row.meter === meter && row.window === window)
      if (!used && !taken({ meter, window })) return { meter, window }
    }
  }
  return null
}
