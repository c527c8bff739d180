import type { Price } from '@promptmeter/contract'

/** The prices of one model or pattern. */
export interface PriceGroup {
  readonly model: string
  /** What holds now; the first that will, where none does yet. */
  readonly head: Price
  /** All others, the newest first. */
  readonly others: readonly Price[]
}

export type PriceTime = 'now' | 'later' | 'earlier'

/** By model, in the order of the list. @param now milliseconds since 1970 */
export function groupPrices(prices: readonly Price[], now: number): PriceGroup[] {
  return [...Map.groupBy(prices, ({ model }) => model)].map(([model, ofModel]): PriceGroup => {
    const newestFirst = ofModel.toSorted((one, other) => startOf(other) - startOf(one))
    const head = newestFirst.find((price) => startOf(price) <= now) ?? (newestFirst.at(-1) as Price)
    return { model, head, others: newestFirst.filter((price) => price !== head) }
  })
}

/** When a price of a group holds. */
export function priceTime(price: Price, { head }: PriceGroup, now: number): PriceTime {
  if (startOf(price) > now) return 'later'
  return price === head ? 'now' : 'earlier'
}

/** What holds from `price` on once it is deleted; null where nothing of its model does. */
export function priceBefore(price: Price, { head, others }: PriceGroup): Price | null {
  return (
    [head, ...others]
      .filter((other) => startOf(other) < startOf(price))
      .toSorted((one, other) => startOf(other) - startOf(one))[0] ?? null
  )
}

const startOf = ({ effectiveFrom }: Price) => Date.parse(effectiveFrom)
