import type { Selectable } from 'kysely'
import type { PricesTable } from '../database/tables.ts'
import type { Price } from './price.ts'

export function priceFromRow(row: Selectable<PricesTable>): Price {
  return {
    model: row.model,
    effectiveFrom: row.effective_from,
    inputMicros: row.input_micros,
    cachedInputMicros: row.cached_input_micros,
    outputMicros: row.output_micros,
  }
}
