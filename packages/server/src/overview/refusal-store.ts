import { sql } from 'kysely'
import { instantArray, plainArray, textArray } from '../database/array-literal.ts'
import type { Database } from '../database/database.ts'
import type { CountedRefusals, RefusalTotal } from './refusal-counts.ts'

export type RefusalStore = ReturnType<typeof createRefusalStore>

export function createRefusalStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    /** Adds to what is counted already, in the order of the key: replicas that add at once wait in no circle. */
    async add(counted: readonly CountedRefusals[]): Promise<void> {
      await sql`
        insert into refusals (hour, code, count)
        select hour, code, count from unnest(
          ${instantArray(counted.map(({ hour }) => hour))}::timestamptz[],
          ${textArray(counted.map(({ code }) => code))}::text[],
          ${plainArray(counted.map(({ count }) => count))}::bigint[]) as added(hour, code, count)
        order by hour, code
        on conflict (hour, code) do update set count = refusals.count + excluded.count`.execute(kysely)
    },

    /** Those of `[from, to)`, most frequent first. */
    async read(from: Date, to: Date): Promise<RefusalTotal[]> {
      return kysely
        .selectFrom('refusals')
        .select(['code', sql<number>`sum(count)::bigint`.as('count')])
        .where('hour', '>=', from)
        .where('hour', '<', to)
        .groupBy('code')
        .orderBy('count', 'desc')
        .orderBy('code')
        .execute()
    },

    async deleteBefore(hour: Date): Promise<void> {
      await kysely.deleteFrom('refusals').where('hour', '<', hour).execute()
    },
  }
}
