import type { LimitStanding, Meter } from '@promptmeter/client'

/** Made when first used: they take long to make, and an editor that starts has no numbers yet. */
const compact = once(() => new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }))
const exact = once(() => new Intl.NumberFormat('en'))
const dollars = once(() => new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' }))

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** `12 prompts`, `3.4K tokens`, `$1.25`. */
export function quantity(meter: Meter, amount: number): string {
  if (meter === 'cost') return dollars().format(amount / 1_000_000)
  const noun = amount === 1 ? meter.slice(0, -1) : meter
  return `${number(amount)} ${noun}`
}

/** `1 of 10 prompts`, `3.4K of 1M tokens`, `$0.50 of $5.00`. */
export function share({ meter, amount, used, held }: LimitStanding): string {
  return `${bare(meter, used + held)} of ${quantity(meter, amount)}`
}

/** The number alone: `9`, `$4.50`. */
export function bare(meter: Meter, amount: number): string {
  return meter === 'cost' ? dollars().format(amount / 1_000_000) : number(amount)
}

/** Below ten thousand every unit counts. */
function number(amount: number): string {
  return amount < 10_000 ? exact().format(amount) : compact().format(amount)
}

/**
 * Text from outside for a message or a list of the editor, which make links of `[…](…)` and icons of `$(…)`: neither is
 * left.
 */
export function inert(text: string): string {
  return text.replace(/\$\(/g, '$ (').replace(/\]\(/g, '] (')
}

const WINDOWS = {
  lifetime: 'in all',
  month: 'this month',
  week: 'this week',
  day: 'today',
  hour: 'this hour',
}

/** `this month`, `in all`. */
export function windowName({ window }: Pick<LimitStanding, 'window'>): string {
  return WINDOWS[window]
}

/** `resets in 3 hours, at 01:00` in the zone of whoever reads it, or `never resets by itself`. */
export function resetText({ resetsAt }: Pick<LimitStanding, 'resetsAt'>, now: Date): string {
  if (resetsAt === null) return 'never resets by itself'
  const at = new Date(resetsAt)
  const sameDay = at.toDateString() === now.toDateString()
  const when = sameDay
    ? at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
    : at.toLocaleDateString('en', { weekday: 'short', day: 'numeric', month: 'long' })
  return `resets ${duration(at.getTime() - now.getTime())}, ${sameDay ? 'at' : 'on'} ${when}`
}

function duration(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000))
  if (minutes < 90) return count(minutes, 'minute')
  const hours = Math.round(minutes / 60)
  return hours < 36 ? count(hours, 'hour') : count(Math.round(hours / 24), 'day')
}

function count(amount: number, unit: string): string {
  return `in ${amount} ${unit}${amount === 1 ? '' : 's'}`
}
