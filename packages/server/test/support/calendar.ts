import type { Window } from '@promptmeter/contract'

const DAY_MS = 24 * 60 * 60 * 1000

/** The window that holds a moment, told by the calendar: slow, and plain to see. */
export function windowName(window: Window, moment: Date): string {
  if (window === 'lifetime') return 'life'
  if (window === 'hour') return moment.toISOString().slice(0, 13)
  if (window === 'day') return moment.toISOString().slice(0, 10)
  if (window === 'month') return moment.toISOString().slice(0, 7)
  let day = moment
  while (day.getUTCDay() !== 1) day = new Date(day.getTime() - DAY_MS)
  return `the week of Monday ${day.toISOString().slice(0, 10)}`
}
