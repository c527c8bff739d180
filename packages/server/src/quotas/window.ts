import type { Window } from '@promptmeter/contract'

const HOUR_MS = 60 * 60 * 1000
const DAY_HOURS = 24
const WEEK_HOURS = 7 * DAY_HOURS
/** 1 January 1970 was a Thursday: this many hours after a Monday. */
const EPOCH_AFTER_MONDAY_HOURS = 3 * DAY_HOURS

/** Windows that begin anew, in the order in which a user's row keeps their counts. */
export const RESETTING_WINDOWS = ['hour', 'day', 'week', 'month'] as const satisfies readonly Window[]
export type ResettingWindow = (typeof RESETTING_WINDOWS)[number]

/** Which windows are meant: one bit each, the lowest for `hour`. */
export type WindowMask = number
export const ALL_WINDOWS: WindowMask = 0b1111

/** The hour of an instant, counted from 1970 (UTC). Windows begin and end on whole hours, so it tells them all. */
export function hourOf(at: Date): number {
  return Math.floor(at.getTime() / HOUR_MS)
}

/** When an hour that is counted from 1970 begins. */
export function hourStart(hour: number): Date {
  return new Date(hour * HOUR_MS)
}

/** When the window that holds `at` begins, included; null for `lifetime`. */
export function windowStart(window: Window, at: Date): Date | null {
  return window === 'lifetime' ? null : new Date(startHour(window, hourOf(at)) * HOUR_MS)
}

/** When the window that holds `at` ends, not included; null for `lifetime`. */
export function windowEnd(window: Window, at: Date): Date | null {
  if (window === 'lifetime') return null
  const start = startHour(window, hourOf(at))
  if (window === 'hour') return new Date((start + 1) * HOUR_MS)
  if (window === 'day') return new Date((start + DAY_HOURS) * HOUR_MS)
  if (window === 'week') return new Date((start + WEEK_HOURS) * HOUR_MS)
  const first = new Date(start * HOUR_MS)
  return new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1))
}

/** The windows that began anew between two hours. */
export function windowsBegunSince(countedHour: number | null, hour: number): WindowMask {
  if (countedHour === hour) return 0
  if (countedHour === null) return ALL_WINDOWS
  return maskOf((window) => startHour(window, countedHour) !== startHour(window, hour))
}

/** The windows of `hour` that hold another hour, too. */
export function windowsHolding(otherHour: number, hour: number): WindowMask {
  return ALL_WINDOWS & ~windowsBegunSince(otherHour, hour)
}

function maskOf(isMeant: (window: ResettingWindow) => boolean): WindowMask {
  return RESETTING_WINDOWS.reduce((mask, window, bit) => (isMeant(window) ? mask | (1 << bit) : mask), 0)
}

export function holdsWindow(mask: WindowMask, window: ResettingWindow): boolean {
  return (mask & (1 << RESETTING_WINDOWS.indexOf(window))) !== 0
}

function startHour(window: ResettingWindow, hour: number): number {
  if (window === 'hour') return hour
  if (window === 'day') return hour - modulo(hour, DAY_HOURS)
  if (window === 'week') return hour - modulo(hour + EPOCH_AFTER_MONDAY_HOURS, WEEK_HOURS)
  const at = new Date(hour * HOUR_MS)
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth()) / HOUR_MS
}

/** Never negative, also before 1970. */
function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
