import { type Selectable, sql } from 'kysely'
import type { PlansTable, UsersTable } from '../database/tables.ts'
import type { Amounts, WindowCounts } from '../quotas/amounts.ts'
import { withBegun } from '../quotas/amounts.ts'
import { termsOf } from '../quotas/plan.ts'
import { planFromRow } from '../quotas/plan-row.ts'
import { minuteOf } from '../quotas/quota-report.ts'
import { hourOf, hourStart, windowsBegunSince } from '../quotas/window.ts'
import type { User } from './user.ts'

const USER_COLUMNS = [
  'id',
  'email',
  'prompt_count',
  'token_count',
  'cost_micros',
  'threshold',
  'plan',
  'overrides',
  'role',
  'disabled_at',
  'created_at',
  'counted_hour',
  'hour_prompts',
  'hour_tokens',
  'hour_cost_micros',
  'day_prompts',
  'day_tokens',
  'day_cost_micros',
  'week_prompts',
  'week_tokens',
  'week_cost_micros',
  'month_prompts',
  'month_tokens',
  'month_cost_micros',
  'rate_minute',
  'rate_requests',
] as const

/** What a user is granted and holds, read in the statement that reads the user: all of one moment. */
const planRowOf = (users: string) => `(select row_to_json(p) from plans p where p.name = ${users}.plan)`
const heldOf = (users: string) => `(select json_build_object('prompts', count(*),
  'tokens', coalesce(sum(h.tokens), 0), 'cost', coalesce(sum(h.cost_micros), 0))
  from holds h where h.user_id = ${users}.id and h.expires_at > now())`

/** What a statement selects of `users` to make a `User`. */
export const USER_SELECTION = [
  ...USER_COLUMNS,
  sql<UserRow['plan_row']>`${sql.raw(planRowOf('users'))}`.as('plan_row'),
  sql<Amounts>`${sql.raw(heldOf('users'))}`.as('held'),
  sql<Date>`now()`.as('now'),
] as const

/** The same as text, for a statement written in SQL that calls the table by another name. */
export function userSelectionOf(users: string): string {
  const columns = USER_COLUMNS.map((column) => `${users}.${column}`).join(', ')
  return `${columns}, ${planRowOf(users)} as plan_row, ${heldOf(users)} as held, now() as now`
}

export interface UserRow extends Pick<Selectable<UsersTable>, (typeof USER_COLUMNS)[number]> {
  readonly plan_row: Omit<Selectable<PlansTable>, 'updated_at'>
  readonly held: Amounts
  readonly now: Date
}

export function userFromRow(row: UserRow): User {
  const hour = hourOf(row.now)
  return {
    id: row.id,
    email: row.email,
    total: { prompts: row.prompt_count, tokens: row.token_count, cost: row.cost_micros },
    windows: withBegun(windowCountsFromRow(row), windowsBegunSince(row.counted_hour, hour)),
    held: row.held,
    requestsThisMinute: row.rate_minute === minuteOf(row.now) ? row.rate_requests : 0,
    readAt: row.now,
    plan: row.plan,
    thresholdOverride: row.threshold,
    overrides: row.overrides,
    terms: termsOf(planFromRow(row.plan_row), row.overrides, row.threshold),
    role: row.role,
    disabled: row.disabled_at !== null,
    createdAt: row.created_at,
    lastUsedAt: row.counted_hour === null ? null : hourStart(row.counted_hour),
  }
}

function windowCountsFromRow(row: UserRow): WindowCounts {
  return {
    hour: { prompts: row.hour_prompts, tokens: row.hour_tokens, cost: row.hour_cost_micros },
    day: { prompts: row.day_prompts, tokens: row.day_tokens, cost: row.day_cost_micros },
    week: { prompts: row.week_prompts, tokens: row.week_tokens, cost: row.week_cost_micros },
    month: { prompts: row.month_prompts, tokens: row.month_tokens, cost: row.month_cost_micros },
  }
}
