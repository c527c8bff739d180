import { type Selectable, sql, type Transaction } from 'kysely'
import type { Database } from '../database/database.ts'
import type { PlansTable, Tables } from '../database/tables.ts'
import { bumpRevision } from './catalog-store.ts'
import type { Plan, Terms } from './plan.ts'
import { planFromRow } from './plan-row.ts'

export interface KeptPlan extends Plan {
  readonly updatedAt: Date
  readonly userCount: number
}

export type PlanStore = ReturnType<typeof createPlanStore>

export function createPlanStore({ kysely }: Pick<Database, 'kysely'>) {
  const selectPlans = (db: typeof kysely | Transaction<Tables>) =>
    db
      .selectFrom('plans')
      .selectAll()
      .select(sql<number>`(select count(*) from users where users.plan = plans.name)::int`.as('user_count'))

  return {
    async list(): Promise<KeptPlan[]> {
      const rows = await selectPlans(kysely).orderBy('name').execute()
      return rows.map((row) => keptPlanFromRow(row))
    },

    async find(name: string): Promise<KeptPlan | null> {
      const row = await selectPlans(kysely).where('name', '=', name).executeTakeFirst()
      return row ? keptPlanFromRow(row) : null
    },

    /** Creates the plan, or replaces what it grants. Gives the plan as this very change left it. */
    put: (name: string, terms: Terms): Promise<KeptPlan> =>
      kysely.transaction().execute(async (transaction) => {
        await bumpRevision(transaction)
        const values = {
          limits: JSON.stringify(terms.limits),
          allowed_models: terms.allowedModels && JSON.stringify(terms.allowedModels),
          requests_per_minute: terms.requestsPerMinute,
          concurrent_calls: terms.concurrentCalls,
          default_max_tokens: terms.defaultMaxTokens,
        }
        await transaction
          .insertInto('plans')
          .values({ name, ...values })
          .onConflict((conflict) =>
            conflict.column('name').doUpdateSet({ ...values, updated_at: sql<Date>`now()` }),
          )
          .execute()
        return keptPlanFromRow(
          await selectPlans(transaction).where('name', '=', name).executeTakeFirstOrThrow(),
        )
      }),

    /** Deletes a plan that no user has; false when there is none of this name. */
    remove: (name: string): Promise<boolean> =>
      kysely.transaction().execute(async (transaction) => {
        await bumpRevision(transaction)
        const { numDeletedRows } = await transaction
          .deleteFrom('plans')
          .where('name', '=', name)
          .executeTakeFirst()
        return numDeletedRows > 0n
      }),
  }
}

function keptPlanFromRow(row: Selectable<PlansTable> & { user_count: number }): KeptPlan {
  return { ...planFromRow(row), updatedAt: row.updated_at, userCount: row.user_count }
}
