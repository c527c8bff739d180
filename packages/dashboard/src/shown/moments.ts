const LOCAL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
const LOCAL_DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' })
const LOCAL_TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const UTC = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

const UNITS = [
  ['year', 365 * 24 * 3600],
  ['month', 30 * 24 * 3600],
  ['week', 7 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
] as const

/** In the zone of whoever looks: `24 Nov 2026, 09:15`. */
export const localMoment = (instant: string): string => LOCAL.format(new Date(instant))
export const localDay = (instant: string): string => LOCAL_DAY.format(new Date(instant))
export const localTime = (instant: string): string => LOCAL_TIME.format(new Date(instant))
/** For the hover: `24 Nov 2026, 08:15:00 UTC`. */
export const utcMoment = (instant: string): string => `${UTC.format(new Date(instant))} UTC`

/** `in 3 days`, `2 hours ago`. @param now milliseconds since 1970 */
export function fromNow(instant: string, now: number = Date.now()): string {
  const seconds = (Date.parse(instant) - now) / 1000
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? (['second', 1] as const)
  return unit === 'second' ? 'now' : RELATIVE.format(Math.trunc(seconds / size), unit)
}

const BUCKETS = {
  hour: new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  }),
  // Days and months begin at midnight UTC: in another zone they would be called by the day before.
  day: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }),
  month: new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' }),
}

/** What a bucket of a chart is called: hours in the zone of whoever looks, days and months in UTC, as they are counted. */
export const bucketName = (start: string, interval: keyof typeof BUCKETS): string =>
  BUCKETS[interval].format(new Date(start))
