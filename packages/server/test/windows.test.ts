import { WINDOWS } from '@promptmeter/contract'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import {
  ALL_WINDOWS,
  holdsWindow,
  hourOf,
  RESETTING_WINDOWS,
  type ResettingWindow,
  windowEnd,
  windowStart,
  windowsBegunSince,
  windowsHolding,
} from '../src/quotas/window.ts'
import { windowName } from './support/calendar.ts'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

const at = (text: string) => new Date(text)
const startOf = (window: ResettingWindow, moment: Date) => windowStart(window, moment) as Date
const endOf = (window: ResettingWindow, moment: Date) => windowEnd(window, moment) as Date
const lengthMs = (window: ResettingWindow, moment: Date) =>
  endOf(window, moment).getTime() - startOf(window, moment).getTime()

/** From 1900 on, so that hours before 1970 count, too. */
const moment = fc.date({
  min: at('1900-01-01T00:00:00Z'),
  max: at('2999-12-31T23:59:59Z'),
  noInvalidDate: true,
})
/** Close to each other, where windows differ in some sizes and agree in others. */
const twoHours = fc
  .tuple(moment, fc.oneof(fc.constantFrom(0, 1, 23, 24, 167, 168), fc.integer({ min: -1500, max: 1500 })))
  .map(([first, hours]) => [hourOf(first), hourOf(first) + hours] as const)
const anyWindow = fc.constantFrom(...RESETTING_WINDOWS)

const timeZone = process.env.TZ
afterEach(() => {
  if (timeZone === undefined) delete process.env.TZ
  else process.env.TZ = timeZone
})

describe('a window', () => {
  it('is half-open: it holds its start, and its end is the start of the next', () => {
    fc.assert(
      fc.property(anyWindow, moment, (window, moment) => {
        const [start, end] = [startOf(window, moment), endOf(window, moment)]
        expect(start <= moment && moment < end).toBe(true)
        expect(startOf(window, start)).toEqual(start)
        expect(startOf(window, new Date(end.getTime() - 1))).toEqual(start)
        expect(startOf(window, end)).toEqual(end)
      }),
    )
  })

  it('is that of the calendar: all of its moments, and none beside them, have its name', () => {
    fc.assert(
      fc.property(anyWindow, moment, moment, (window, moment, other) => {
        const [start, end] = [startOf(window, moment), endOf(window, moment)]
        const within = start <= other && other < end
        expect(windowName(window, other) === windowName(window, moment)).toBe(within)
        expect(windowName(window, start)).toBe(windowName(window, moment))
        expect(windowName(window, new Date(end.getTime() - 1))).toBe(windowName(window, moment))
        expect(windowName(window, end)).not.toBe(windowName(window, moment))
      }),
    )
  })

  it.each([
    ['hour', '2026-11-23T10:59:59.999Z', '2026-11-23T10:00:00Z', '2026-11-23T11:00:00Z'],
    ['day', '2026-11-23T23:59:59.999Z', '2026-11-23T00:00:00Z', '2026-11-24T00:00:00Z'],
    ['week', '2026-11-23T00:00:00Z', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z'],
    ['week', '2026-11-22T23:59:59.999Z', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
    ['week', '2027-01-01T12:00:00Z', '2026-12-28T00:00:00Z', '2027-01-04T00:00:00Z'],
    ['month', '2026-12-31T23:59:59.999Z', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['month', '2028-02-29T12:00:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
  ] as const)('of a %s that holds %s begins at %s and ends at %s', (window, moment, start, end) => {
    expect(startOf(window, at(moment))).toEqual(at(start))
    expect(endOf(window, at(moment))).toEqual(at(end))
  })

  it('is the same wherever the server stands, also when clocks are put forward there', () => {
    const moments = [
      '2026-03-29T01:30:00Z',
      '2026-04-05T14:00:00Z',
      '2026-01-01T00:30:00Z',
      '2026-06-30T23:45:00Z',
    ]
    const windows = () =>
      moments.flatMap((text) =>
        RESETTING_WINDOWS.map((window) => [startOf(window, at(text)), endOf(window, at(text))]),
      )
    process.env.TZ = 'UTC'
    const inUtc = windows()
    for (const zone of ['America/St_Johns', 'Europe/Berlin', 'Pacific/Chatham', 'Pacific/Kiritimati']) {
      process.env.TZ = zone
      expect(at('2026-01-01T12:00:00Z').getTimezoneOffset()).not.toBe(0)
      expect(windows()).toEqual(inUtc)
    }
  })

  it('lasts an hour, a day, seven days, or as many days as its month has', () => {
    fc.assert(
      fc.property(moment, (moment) => {
        expect(lengthMs('hour', moment)).toBe(HOUR_MS)
        expect(lengthMs('day', moment)).toBe(DAY_MS)
        expect(lengthMs('week', moment)).toBe(7 * DAY_MS)
        expect(startOf('week', moment).getUTCDay()).toBe(1)
      }),
    )
    const daysOf = (year: number) =>
      Array.from(
        { length: 12 },
        (_, month) => lengthMs('month', new Date(Date.UTC(year, month, 15))) / DAY_MS,
      )
    const common = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    // Every fourth year is a leap year, no hundredth is, and every four hundredth is.
    for (const year of [2026, 2027, 2100, 2200]) expect(daysOf(year)).toEqual(common)
    for (const year of [2024, 2028, 2000, 2400]) expect(daysOf(year)).toEqual(common.with(1, 29))
  })

  it('has neither start nor end when it is for life', () => {
    expect(windowStart('lifetime', at('2026-11-23T10:00:00Z'))).toBeNull()
    expect(windowEnd('lifetime', at('2026-11-23T10:00:00Z'))).toBeNull()
    expect(WINDOWS.filter((window) => window !== 'lifetime').toSorted()).toEqual(RESETTING_WINDOWS.toSorted())
  })
})

describe('between two hours', () => {
  const dateOf = (hour: number) => new Date(hour * HOUR_MS)

  it('those windows have begun anew whose names differ, and the others hold both', () => {
    fc.assert(
      fc.property(twoHours, ([counted, hour]) => {
        const begun = windowsBegunSince(counted, hour)
        const holding = windowsHolding(counted, hour)
        for (const window of RESETTING_WINDOWS) {
          const differs = windowName(window, dateOf(counted)) !== windowName(window, dateOf(hour))
          expect(holdsWindow(begun, window)).toBe(differs)
          expect(holdsWindow(holding, window)).toBe(!differs)
        }
        expect(begun & holding).toBe(0)
        expect(begun | holding).toBe(ALL_WINDOWS)
      }),
      { numRuns: 1000 },
    )
  })

  it('every window begins for whom nothing was ever counted, and none within the hour', () => {
    const hour = hourOf(at('2026-11-23T10:00:00Z'))
    expect(windowsBegunSince(null, hour)).toBe(ALL_WINDOWS)
    expect(windowsBegunSince(hour, hourOf(at('2026-11-23T10:59:59.999Z')))).toBe(0)
  })

  it('a week may begin within a month, and a month within a week', () => {
    const begun = (from: string, to: string) =>
      RESETTING_WINDOWS.filter((window) =>
        holdsWindow(windowsBegunSince(hourOf(at(from)), hourOf(at(to))), window),
      )
    expect(begun('2026-11-22T23:00:00Z', '2026-11-23T00:00:00Z')).toEqual(['hour', 'day', 'week'])
    expect(begun('2026-12-31T23:00:00Z', '2027-01-01T00:00:00Z')).toEqual(['hour', 'day', 'month'])
    expect(begun('2026-11-23T09:00:00Z', '2026-11-23T10:00:00Z')).toEqual(['hour'])
    expect(begun('2026-11-23T10:00:00Z', '2027-11-23T10:00:00Z')).toEqual([...RESETTING_WINDOWS])
  })
})
