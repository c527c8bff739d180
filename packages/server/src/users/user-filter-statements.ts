import type { Role, Standing } from '@promptmeter/contract'
import { type Expression, type SqlBool, sql } from 'kysely'
import { isPlanName } from '../quotas/plan.ts'
import type { PlansNow } from './plans-now-store.ts'
import { standingCondition } from './standing-statements.ts'

/** Which users are meant; all that is given has to fit. */
export interface UserFilter {
  /** In the form users are stored by. */
  readonly email?: string | undefined
  /** Part of the address, in any case. */
  readonly search?: string | undefined
  readonly plan?: string | undefined
  readonly standing?: Standing | undefined
  readonly disabled?: boolean | undefined
  readonly inactiveDays?: number | undefined
  readonly role?: Role | undefined
}

/** What a row of `users` has to fulfil. @param plansNow null where the filter asks for no standing */
export function userConditions(filter: UserFilter, plansNow: PlansNow | null): Expression<SqlBool>[] {
  const { email, search, plan, standing, disabled, inactiveDays, role } = filter
  const conditions: Expression<SqlBool>[] = []
  if (email !== undefined) conditions.push(sql<SqlBool>`users.email = ${email}`)
  if (search !== undefined) {
    const pattern = `%${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
    conditions.push(sql<SqlBool>`users.email like ${pattern}`)
  }
  if (plan !== undefined) {
    // The database refuses to look for some names that are none.
    conditions.push(isPlanName(plan) ? sql<SqlBool>`users.plan = ${plan}` : sql<SqlBool>`false`)
  }
  if (disabled !== undefined) {
    conditions.push(sql<SqlBool>`users.disabled_at is ${sql.raw(disabled ? 'not null' : 'null')}`)
  }
  if (inactiveDays !== undefined) conditions.push(isInactive(inactiveDays))
  if (role !== undefined) conditions.push(sql<SqlBool>`users.role = ${role}`)
  if (standing !== undefined && plansNow !== null) {
    const plans = plansNow.plans.filter(({ name }) => plan === undefined || name === plan)
    conditions.push(standingCondition(standing, plans, plansNow.now))
  }
  return conditions
}

/** Only the hour of the last count is known: the whole of it lies so many days back. */
function isInactive(days: number): Expression<SqlBool> {
  // As a subquery it is worked out once, not for every user.
  return sql<SqlBool>`coalesce(users.counted_hour, 0)
    < (select floor(extract(epoch from now()) / 3600)::integer - ${days}::integer * 24)`
}
