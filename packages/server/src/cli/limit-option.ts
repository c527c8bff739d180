import type { Limit, Meter, Window } from '@promptmeter/contract'
import { InvalidArgumentError } from 'commander'
import { formatDollars } from './money.ts'
import { parseCost, parseCount } from './option-values.ts'
import { formatCount } from './table.ts'

// Named here once more: the contract would bring its schemas along, which no command needs.
const METERS: readonly Meter[] = ['prompts', 'tokens', 'cost']
const WINDOWS: readonly Window[] = ['lifetime', 'month', 'week', 'day', 'hour']

/** What one `--limit` says: an amount (cost in micro-dollars), that nothing limits it, or that the plan does. */
export interface LimitOption extends Omit<Limit, 'amount'> {
  readonly amount: number | 'none' | 'plan'
}

export type LimitKey = Pick<Limit, 'meter' | 'window'>

export function isSameLimit(one: LimitKey, other: LimitKey): boolean {
  return one.meter === other.meter && one.window === other.window
}

/** Reads `<meter/window=amount>`. @throws InvalidArgumentError */
export function parseLimit(text: string): LimitOption {
  const [, meterName, windowName, amount = ''] = /^([^/=]*)\/([^/=]*)=(.*)$/.exec(text) ?? []
  const meter = METERS.find((name) => name === meterName)
  const window = WINDOWS.find((name) => name === windowName)
  if (meter === undefined || window === undefined) {
    throw new InvalidArgumentError(
      `It must be meter/window=amount, such as prompts/month=1000. Meters: ${METERS.join(', ')}. ` +
        `Windows: ${WINDOWS.join(', ')}.`,
    )
  }
  return { meter, window, amount: parseAmount(meter, amount) }
}

function parseAmount(meter: Meter, text: string): LimitOption['amount'] {
  if (text === 'none' || text === 'plan') return text
  return meter === 'cost' ? parseCost(text) : parseCount(text)
}

/** The parser of an option that may be said again for another limit. @throws InvalidArgumentError */
export function collectLimits(text: string, earlier: readonly LimitOption[] = []): readonly LimitOption[] {
  const limit = parseLimit(text)
  if (earlier.some((other) => isSameLimit(other, limit))) {
    throw new InvalidArgumentError(`${limit.meter}/${limit.window} is limited twice.`)
  }
  return [...earlier, limit]
}

export function formatAmount(meter: Meter, amount: number): string {
  return meter === 'cost' ? formatDollars(amount) : formatCount(amount)
}

/** As an option has it, for people; null for no limit. */
export function formatLimit({ meter, window, amount }: LimitKey & { amount: number | null }): string {
  return `${meter}/${window} ${amount === null ? 'none' : formatAmount(meter, amount)}`
}
