import { type Kysely, sql } from 'kysely'
import type { Tables } from '../database/tables.ts'
import type { Plan } from '../quotas/plan.ts'
import { planFromRow } from '../quotas/plan-row.ts'

/** Plans as they were at a moment of the database's clock. */
export interface PlansNow {
  readonly plans: readonly Plan[]
  readonly now: Date
}

export async function readPlansNow(kysely: Kysely<Tables>): Promise<PlansNow> {
  const rows = await kysely.selectFrom('plans').selectAll().select(sql<Date>`now()`.as('now')).execute()
  // There is always one, the built-in plan.
  return { plans: rows.map(planFromRow), now: rows[0]?.now ?? new Date() }
}
