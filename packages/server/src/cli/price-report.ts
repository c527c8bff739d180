import type { Price } from '@promptmeter/contract'
import { formatDollars } from './money.ts'
import { formatCount, formatTable } from './table.ts'

export function describePrices(prices: readonly Price[]): string {
  if (prices.length === 0) {
    return 'No prices: cost is not counted. A list to begin with: promptmeter prices import\n'
  }
  return `Dollars for a million tokens\n\n${formatTable(
    [
      { title: 'Model', value: ({ model }) => model },
      { title: 'From', value: ({ effectiveFrom }) => formatMoment(effectiveFrom) },
      { title: 'Input', value: ({ inputMicros }) => formatDollars(inputMicros), numeric: true },
      {
        title: 'Cached input',
        value: ({ cachedInputMicros }) =>
          cachedInputMicros === null ? 'as input' : formatDollars(cachedInputMicros),
        numeric: true,
      },
      { title: 'Output', value: ({ outputMicros }) => formatDollars(outputMicros), numeric: true },
    ],
    prices,
  )}`
}

/** To the second where that is all there is: an operator copies it to name the price. */
export function formatMoment(instant: string): string {
  return instant.replace('.000Z', 'Z')
}

export function countPrices(count: number): string {
  return count === 1 ? '1 price' : `${formatCount(count)} prices`
}
