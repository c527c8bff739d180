import {
  type Limit,
  MAX_COUNT,
  METERS,
  type Meter,
  type Standing,
  WINDOWS,
  type Window,
} from '@promptmeter/contract'
import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import { type Plan, termsOf } from '../quotas/plan.ts'
import { hourOf, windowEnd, windowStart } from '../quotas/window.ts'

/** A limit is met once `used * by >= amount * of`, in whole numbers: `NEAR_LIMIT_SHARE` times an amount is rounded. */
interface Share {
  readonly by: number
  readonly of: number
}

const SHARES: Record<Standing, Share> = { near: { by: 5, of: 4 }, reached: { by: 1, of: 1 } }

const METER_COLUMNS: Record<Meter, string> = { prompts: 'prompts', tokens: 'tokens', cost: 'cost_micros' }
const LIFETIME_COLUMNS: Record<Meter, string> = {
  prompts: 'prompt_count',
  tokens: 'token_count',
  cost: 'cost_micros',
}

/**
 * Whether a row of `users` stands so with some limit, as `usedShareOf` has it of the user's terms; never null. What
 * calls hold is not looked at. Only rows with overrides cost work on JSON.
 * @param plans every plan as it is or, for a preview, as it would be. Of a user whose plan is none of them only the own
 *   threshold and overrides count, so a plan that was made since they were read is harmless
 * @param now the database's clock, which tells the present windows
 */
export function standingCondition(
  standing: Standing,
  plans: readonly Plan[],
  now: Date,
): Expression<SqlBool> {
  const share = SHARES[standing]
  const conditions = [
    ownThreshold(share),
    ownLimits(share, now),
    ...plans.flatMap((plan) => limitsOfPlan(plan, share, now)),
  ]
  return sql<SqlBool>`coalesce(${sql.join(conditions, sql` or `)}, false)`
}

function ownThreshold({ by, of }: Share): RawBuilder<SqlBool> {
  return sql`(users.threshold < ${sql.lit(MAX_COUNT)}
    and users.prompt_count * ${sql.lit(by)} >= users.threshold * ${sql.lit(of)})`
}

function limitsOfPlan(plan: Plan, share: Share, now: Date): RawBuilder<SqlBool>[] {
  const { limits } = termsOf(plan, null, null)
  if (limits.length === 0) return []
  const met = limits.map((limit) => sql`(${meetsAmount(limit, share, now)} and ${isNotReplaced(limit)})`)
  return [sql`(users.plan = ${plan.name} and (${sql.join(met, sql` or `)}))`]
}

function meetsAmount({ meter, window, amount }: Limit, share: Share, now: Date): RawBuilder<SqlBool> {
  const least = leastOf(amount, share)
  if (least === 0) return sql`true`
  return window === 'lifetime'
    ? sql`${countOf(meter, window)} >= ${least}`
    : sql`${countOf(meter, window)} >= ${least} and ${isCountedIn(window, now)}`
}

/** The least use that meets an amount. */
function leastOf(amount: number, { by, of }: Share): number {
  return Number((BigInt(amount) * BigInt(of) + BigInt(by) - 1n) / BigInt(by))
}

/** Whether the limit of the plan holds for the user: `termsOf` puts the threshold and the overrides in its place. */
function isNotReplaced({ meter, window }: Limit): RawBuilder<SqlBool> {
  const limit = sql.lit(JSON.stringify([{ meter, window }]))
  const kept = sql<SqlBool>`(users.overrides is null
    or not coalesce(users.overrides -> 'limits' @> ${limit}::jsonb, false))`
  return isThreshold(meter, window) ? sql`users.threshold is null and ${kept}` : kept
}

/**
 * Whether one of the user's overrides is met. No subquery: for its cost, estimated for every user there is, PostgreSQL
 * would compile the statement each time.
 */
function ownLimits(share: Share, now: Date): RawBuilder<SqlBool> {
  const pairs = WINDOWS.flatMap((window) => METERS.map((meter) => ({ meter, window })))
  const anyOf = pairs.map(
    ({ meter, window }) =>
      `@.meter == "${meter}" && @.window == "${window}" && @.amount <= $${window}_${meter}`,
  )
  const path = `$.limits[*] ? (@.amount < ${MAX_COUNT} && (${anyOf.join(' || ')}))`
  const most = pairs.flatMap(({ meter, window }) => [
    sql.lit(`${window}_${meter}`),
    mostMet(meter, window, share, now),
  ])
  return sql`case when users.overrides is null then false
    else jsonb_path_exists(users.overrides, ${sql.lit(path)}, jsonb_build_object(${sql.join(most)})) end`
}

/** The largest amount that the user's count meets; below 0 where the threshold holds instead of any. */
function mostMet(meter: Meter, window: Window, { by, of }: Share, now: Date): RawBuilder<number> {
  const count = countOf(meter, window)
  const present =
    window === 'lifetime'
      ? count
      : sql`case when ${isCountedIn(window, now)} then greatest(0, ${count}) else 0 end`
  const most = sql<number>`${present} * ${sql.lit(by)} / ${sql.lit(of)}`
  return isThreshold(meter, window) ? sql`case when users.threshold is null then ${most} else -1 end` : most
}

function countOf(meter: Meter, window: Window): RawBuilder<number> {
  return sql.ref(
    window === 'lifetime' ? `users.${LIFETIME_COLUMNS[meter]}` : `users.${window}_${METER_COLUMNS[meter]}`,
  )
}

/** Whether the counts of a window were written in the present one. Counts of any other stand for 0. */
function isCountedIn(window: Window, now: Date): RawBuilder<SqlBool> {
  const [start, end] = [windowStart(window, now), windowEnd(window, now)]
  if (start === null || end === null) return sql`true`
  return sql`users.counted_hour >= ${hourOf(start)} and users.counted_hour < ${hourOf(end)}`
}

function isThreshold(meter: Meter, window: Window): boolean {
  return meter === 'prompts' && window === 'lifetime'
}
