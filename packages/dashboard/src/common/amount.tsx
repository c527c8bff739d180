import { exactNumber, shortNumber, type Unit } from '../shown/numbers.ts'

/** A number for the eye, with every digit on hover. `cost` is in micro-dollars. */
export function Amount({ value, unit = 'count' }: { readonly value: number; readonly unit?: Unit }) {
  const short = shortNumber(value, unit)
  const exact = exactNumber(value, unit)
  return (
    <span className="number" title={short === exact ? undefined : exact}>
      {short}
    </span>
  )
}
