import type { UsageInterval } from '@promptmeter/contract'
import { EARLIEST_INSTANT } from '@promptmeter/contract/bounds'

/** What can be looked at, in the order of the address's default first. */
export const RANGES = ['month', 'day', 'week', 'year', 'custom'] as const
export type RangeName = (typeof RANGES)[number]

/** The first and the last day in UTC, `2026-11-01`, both included. */
export interface DaySpan {
  readonly from: string
  readonly to: string
}

export type OverviewRange =
  | { readonly name: Exclude<RangeName, 'custom'> }
  | ({ readonly name: 'custom' } & DaySpan)

export interface RangeQuery {
  readonly from: string
  /** Left out for now. */
  readonly to?: string
  readonly interval: UsageInterval
}

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
const EARLIEST_DAY = dayOf(EARLIEST_INSTANT.getTime())

/** Longer spans have wider buckets, or the bars would be thinner than a line. */
const MOST_DAYS_BY_HOUR = 3
const MOST_DAYS_BY_DAY = 186

/** What the server is asked for: whole buckets, the last of them the one that now is in. @param now milliseconds since 1970 */
export function rangeQuery(range: OverviewRange, now: number): RangeQuery {
  if (range.name === 'custom') {
    const { from, to } = range
    return { from, to: dayOf(startOf(to) + DAY_MS), interval: intervalOf(range) }
  }
  if (range.name === 'day') {
    const hour = Math.floor(now / HOUR_MS) * HOUR_MS
    return { from: new Date(hour - 23 * HOUR_MS).toISOString(), interval: 'hour' }
  }
  if (range.name === 'year') {
    const today = new Date(now)
    const first = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 11, 1)
    return { from: dayOf(first), interval: 'month' }
  }
  return { from: dayOf(now - ((range.name === 'week' ? 7 : 30) - 1) * DAY_MS), interval: 'day' }
}

/** The same range with its ends written out, to start a custom one from. */
export function spanOf(range: OverviewRange, now: number): DaySpan {
  if (range.name === 'custom') return { from: range.from, to: range.to }
  return { from: rangeQuery(range, now).from.slice(0, 10), to: dayOf(now) }
}

/** What is wrong with a span, in words for whoever chose it; null for nothing. */
export function spanProblem({ from, to }: DaySpan, now: number): string | null {
  if (!isDay(from) || !isDay(to)) return 'Choose the first and the last day.'
  if (from < EARLIEST_DAY) return `The first day is ${EARLIEST_DAY} at the earliest.`
  if (from > dayOf(now)) return 'The first day is still to come.'
  return from > to ? 'The first day must not be after the last.' : null
}

/** The range that an address names; the last 30 days where it names none, or one that cannot be. */
export function readRange(get: (name: string) => string | null, now: number): OverviewRange {
  const name = RANGES.find((known) => known === get('range')) ?? RANGES[0]
  if (name !== 'custom') return { name }
  const span = { from: get('from') ?? '', to: get('to') ?? '' }
  return spanProblem(span, now) === null ? { name, ...span } : { name: RANGES[0] }
}

function intervalOf({ from, to }: DaySpan): UsageInterval {
  const days = (startOf(to) - startOf(from)) / DAY_MS + 1
  if (days <= MOST_DAYS_BY_HOUR) return 'hour'
  return days <= MOST_DAYS_BY_DAY ? 'day' : 'month'
}

function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`)
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

/** A day of the calendar: 30 February is none. */
function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && Number.isFinite(startOf(text)) && dayOf(startOf(text)) === text
}
