import { sql } from 'kysely'
import { instantArray, plainArray, textArray } from '../database/array-literal.ts'
import type { Database } from '../database/database.ts'
import { bumpRevision } from './catalog-store.ts'
import type { Price } from './price.ts'
import { priceFromRow } from './price-row.ts'

export type PriceStore = ReturnType<typeof createPriceStore>

export function createPriceStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    async list(): Promise<Price[]> {
      const rows = await kysely
        .selectFrom('prices')
        .selectAll()
        .orderBy('model')
        .orderBy('effective_from', 'desc')
        .execute()
      return rows.map(priceFromRow)
    },

    /** Adds prices, or replaces those of the same model and moment; all or none. No two may be of the same. */
    put: (prices: readonly Price[]): Promise<void> =>
      kysely.transaction().execute(async (transaction) => {
        await bumpRevision(transaction)
        await sql`insert into prices (model, effective_from, input_micros, cached_input_micros, output_micros)
          select * from unnest(${textArray(prices.map(({ model }) => model))}::text[],
            ${instantArray(prices.map(({ effectiveFrom }) => effectiveFrom))}::timestamptz[],
            ${plainArray(prices.map(({ inputMicros }) => inputMicros))}::bigint[],
            ${plainArray(prices.map(({ cachedInputMicros }) => cachedInputMicros ?? 'NULL'))}::bigint[],
            ${plainArray(prices.map(({ outputMicros }) => outputMicros))}::bigint[])
          on conflict (model, effective_from) do update set input_micros = excluded.input_micros,
            cached_input_micros = excluded.cached_input_micros, output_micros = excluded.output_micros`.execute(
          transaction,
        )
      }),

    /** False when there is no such price. */
    remove: (model: string, effectiveFrom: Date): Promise<boolean> =>
      kysely.transaction().execute(async (transaction) => {
        await bumpRevision(transaction)
        const { numDeletedRows } = await transaction
          .deleteFrom('prices')
          .where('model', '=', model)
          .where('effective_from', '=', effectiveFrom)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}
