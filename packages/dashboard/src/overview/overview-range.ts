import type { UsageInterval } from '@promptmeter/contract'
import { EARLIEST_INSTANT } from '@promptmeter/contract/bounds'
import { dayOf, rangeQuery, USAGE_RANGES, type UsageRange } from '../common/usage-range.ts'

/** What can be looked at, in the order of the address's default first. */
export const RANGES = [...USAGE_RANGES, 'custom'] as const
export type RangeName = (typeof RANGES)[number]

/** The first and the last day in UTC, `2026-11-01`, both included. */
export interface DaySpan {
  readonly from: string
  readonly to: string
}

export type OverviewRange = { readonly name: UsageRange } | ({ readonly name: 'custom' } & DaySpan)

export interface RangeQuery {
  readonly from: string
  /** Left out for now. */
  readonly to?: string
  readonly interval: UsageInterval
}

const DAY_MS = 24 * 60 * 60 * 1000
const EARLIEST_DAY = dayOf(EARLIEST_INSTANT.getTime())

/** Longer spans have wider buckets, or the bars would be thinner than a line. */
const MOST_DAYS_BY_HOUR = 3
const MOST_DAYS_BY_DAY = 186

/** What the server is asked for: whole buckets, the last of them the one that now is in. @param now milliseconds since 1970 */
export function overviewQuery(range: OverviewRange, now: number): RangeQuery {
  if (range.name !== 'custom') return rangeQuery(range.name, now)
  const { from, to } = range
  return { from, to: dayOf(startOf(to) + DAY_MS), interval: intervalOf(range) }
}

/** The same range with its ends written out, to start a custom one from. */
export function spanOf(range: OverviewRange, now: number): DaySpan {
  if (range.name === 'custom') return { from: range.from, to: range.to }
  return { from: overviewQuery(range, now).from.slice(0, 10), to: dayOf(now) }
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

/** A day of the calendar: 30 February is none. */
function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && Number.isFinite(startOf(text)) && dayOf(startOf(text)) === text
}
