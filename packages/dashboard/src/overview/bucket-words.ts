import type { UsageInterval } from '@promptmeter/contract'
import { localMoment } from '../shown/moments.ts'

const UTC_DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })

interface Span {
  readonly from: string
  /** Not included. */
  readonly to: string
  readonly interval: UsageInterval
}

/** `26 Oct 2026 to 24 Nov 2026, in UTC`: the last day is included; hours are in the zone of whoever looks. */
export function spanName({ from, to, interval }: Span): string {
  if (interval === 'hour') return `${localMoment(from)} to ${localMoment(to)}`
  return `${UTC_DAY.format(new Date(from))} to ${UTC_DAY.format(Date.parse(to) - 1)}, in UTC`
}
