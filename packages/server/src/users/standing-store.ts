import { type Expression, type SqlBool, sql } from 'kysely'
import type { Database } from '../database/database.ts'
import type { Plan } from '../quotas/plan.ts'
import { type PlansNow, readPlansNow } from './plans-now-store.ts'
import { standingCondition } from './standing-statements.ts'

/** How many users there are, and how they stand. */
export interface StandingCounts {
  readonly total: number
  readonly disabled: number
  readonly near: number
  readonly reached: number
}

/** How those who have a plan stand with it as it is, and with it as it would be. */
export interface PlanChange {
  readonly total: number
  readonly nearBefore: number
  readonly reachedBefore: number
  readonly nearAfter: number
  readonly reachedAfter: number
  readonly newlyReachedCount: number
  readonly newlyFreedCount: number
  /** The first by address. */
  readonly newlyReached: readonly { readonly id: string; readonly email: string }[]
}

export type StandingStore = ReturnType<typeof createStandingStore>

const countWhere = (condition: Expression<SqlBool>) =>
  sql<number>`count(*) filter (where ${condition})::bigint`

export function createStandingStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    readPlans: (): Promise<PlansNow> => readPlansNow(kysely),

    countStandings: ({ plans, now }: PlansNow): Promise<StandingCounts> =>
      kysely
        .selectFrom('users')
        .select([
          sql<number>`count(*)::bigint`.as('total'),
          sql<number>`count(disabled_at)::bigint`.as('disabled'),
          countWhere(standingCondition('near', plans, now)).as('near'),
          countWhere(standingCondition('reached', plans, now)).as('reached'),
        ])
        .executeTakeFirstOrThrow(),

    /** Of users who have the plan, in one statement, so that the numbers fit each other. @param listed how many at most */
    async compare(before: Plan, after: Plan, now: Date, listed: number): Promise<PlanChange> {
      const { rows } = await sql<PlanChange>`
        with standing as materialized (
          select id, email,
            ${standingCondition('near', [before], now)} as near_before,
            ${standingCondition('reached', [before], now)} as reached_before,
            ${standingCondition('near', [after], now)} as near_after,
            ${standingCondition('reached', [after], now)} as reached_after
          from users where plan = ${before.name})
        select count(*)::bigint as total,
          count(*) filter (where near_before)::bigint as "nearBefore",
          count(*) filter (where reached_before)::bigint as "reachedBefore",
          count(*) filter (where near_after)::bigint as "nearAfter",
          count(*) filter (where reached_after)::bigint as "reachedAfter",
          count(*) filter (where reached_after and not reached_before)::bigint as "newlyReachedCount",
          count(*) filter (where reached_before and not reached_after)::bigint as "newlyFreedCount",
          (select coalesce(json_agg(json_build_object('id', id, 'email', email) order by email), '[]') from (
            select id, email from standing where reached_after and not reached_before
            order by email limit ${listed}) as first) as "newlyReached"
        from standing`.execute(kysely)
      return rows[0] as PlanChange
    },
  }
}
