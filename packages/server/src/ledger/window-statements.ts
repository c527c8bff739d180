import type { Meter } from '@promptmeter/contract'
import { RESETTING_WINDOWS } from '../quotas/window.ts'

const METER_COLUMNS = { prompts: 'prompts', tokens: 'tokens', cost: 'cost_micros' } satisfies Record<
  Meter,
  string
>
const METERS = Object.keys(METER_COLUMNS) as Meter[]

/** A user's windows in one value, in the order that `parseWindows` reads. */
export const WINDOW_COUNTS = `array[${RESETTING_WINDOWS.flatMap((window) =>
  METERS.map((meter) => `${window}_${METER_COLUMNS[meter]}`),
).join(', ')}, rate_minute, rate_requests]::text`

/** SQL expressions, of the old row and what the caller joins it with. */
export interface WindowChange extends Record<Meter, string> {
  /** The windows that begin anew, as a mask. */
  readonly begun: string
  /** The windows that the change belongs to, as a mask; all of them when left out. */
  readonly into?: string
}

/** The assignments that begin windows anew and add to them. */
export function windowUpdates({ begun, into, ...added }: WindowChange): string {
  return RESETTING_WINDOWS.flatMap((window, bit) =>
    METERS.map((meter) => {
      const column = `${window}_${METER_COLUMNS[meter]}`
      const kept = `case when ${begun} & ${1 << bit} = 0 then users.${column} else 0 end`
      const change =
        into === undefined
          ? added[meter]
          : `case when ${into} & ${1 << bit} = 0 then 0 else ${added[meter]} end`
      return `${column} = ${kept} + ${change}`
    }),
  ).join(', ')
}
