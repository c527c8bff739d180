import { MAX_HISTORY_BUCKETS, type UsageInterval } from '@promptmeter/contract'
import { parseInstant } from '../instant.ts'
import { PromptmeterError } from '../promptmeter-error.ts'

const DEFAULT_SPAN_DAYS = 30
const DAY_MS = 24 * 60 * 60 * 1000

/** Whole buckets, half-open: `[from, to)`. */
export interface HistoryRange {
  readonly from: Date
  readonly to: Date
  readonly interval: UsageInterval
  /** The start of every bucket, in order. */
  readonly starts: readonly Date[]
}

/**
 * @throws PromptmeterError `invalid_request` when the range is unreadable, empty or spans too many buckets
 */
export function historyRange(
  query: { from?: string; to?: string; interval?: UsageInterval },
  now: Date,
): HistoryRange {
  const { interval = 'day' } = query
  const to = query.to === undefined ? now : parseMoment('to', query.to)
  const from =
    query.from === undefined
      ? new Date(to.getTime() - DEFAULT_SPAN_DAYS * DAY_MS)
      : parseMoment('from', query.from)
  if (from >= to) throw new PromptmeterError('invalid_request', 'from must be before to.')

  const starts: Date[] = []
  let start = startOfBucket(from, interval)
  const first = start
  while (start < to) {
    if (starts.length === MAX_HISTORY_BUCKETS) {
      throw new PromptmeterError(
        'invalid_request',
        `The range spans more than ${MAX_HISTORY_BUCKETS} buckets: shorten it or choose a longer interval.`,
      )
    }
    starts.push(start)
    start = nextBucket(start, interval)
  }
  return { from: first, to: start, interval, starts }
}

export function startOfBucket(at: Date, interval: UsageInterval): Date {
  const start = new Date(at)
  start.setUTCMinutes(0, 0, 0)
  if (interval !== 'hour') start.setUTCHours(0)
  if (interval === 'month') start.setUTCDate(1)
  return start
}

function nextBucket(start: Date, interval: UsageInterval): Date {
  const next = new Date(start)
  if (interval === 'hour') next.setUTCHours(next.getUTCHours() + 1)
  if (interval === 'day') next.setUTCDate(next.getUTCDate() + 1)
  if (interval === 'month') next.setUTCMonth(next.getUTCMonth() + 1)
  return next
}

const DAY = /^\d{4}-\d\d-\d\d$/

function parseMoment(name: string, text: string): Date {
  const moment = parseInstant(DAY.test(text) ? `${text}T00:00:00Z` : text)
  if (moment === null) {
    throw new PromptmeterError(
      'invalid_request',
      `${name} must be a date such as 2026-11-01 or an instant such as 2026-11-01T08:00:00Z, from 1970 to 2999.`,
    )
  }
  return moment
}
