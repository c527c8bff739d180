import { type RawBuilder, sql } from 'kysely'
import { type Chances, oneOf } from './chance-statements.ts'
import { DOMAINS, FIRST_NAMES, LAST_NAMES } from './demo-names.ts'
import { ADMIN_NUMBER, FIRST_ACTIVE_NUMBER, FIRST_USER_NUMBER, type SeedOptions } from './seed-options.ts'

const ADDRESSES = FIRST_NAMES.length * LAST_NAMES.length * DOMAINS.length
/** Has no factor in common with `ADDRESSES`, so that neighbours have names far apart and none comes twice. */
const STRIDE = 7919

const YEARS = 3

/**
 * Everybody who is to be there, in a table for this transaction alone.
 * @param addressOffset addresses that others may have taken are left out
 */
export function draftUsers(
  { users, active, now }: SeedOptions,
  { chance, id }: Chances,
  addressOffset: number,
): RawBuilder<unknown> {
  const slot = `((n + ${addressOffset})::bigint * ${STRIDE} % ${ADDRESSES})::int`
  const turn = `((n + ${addressOffset}) / ${ADDRESSES})`
  const isActive = sql.raw(`(n between ${FIRST_ACTIVE_NUMBER} and ${FIRST_ACTIVE_NUMBER + active - 1})`)
  return sql`create temporary table seed_users on commit drop as
    with drafts as (
      select n, ${isActive} as active,
        date_trunc('milliseconds', ${now.toISOString()}::timestamptz - interval '1 hour'
          - interval '${sql.lit(YEARS)} years' * (1 - power(${chance('n', 1)}, 0.6))) as created_at,
        ${chance('n', 2)} as plan_chance, ${chance('n', 3)} as special_chance,
        ${chance('n', 4)} as disabled_chance
      from generate_series(1::bigint, ${sql.lit(users)}::bigint) n
    ), planned as (
      select *, case
        when n = ${sql.lit(ADMIN_NUMBER)} then 'team'
        when active then case when plan_chance < 0.4 then 'free' when plan_chance < 0.5 then 'trial'
          when plan_chance < 0.84 then 'pro' else 'team' end
        else case when plan_chance < 0.965 then 'free' when plan_chance < 0.985 then 'trial'
          when plan_chance < 0.997 then 'pro' else 'team' end end as plan
      from drafts
    )
    select n, active, ${id('n', 5, 'created_at')} as id, plan, created_at,
      case n when ${sql.lit(ADMIN_NUMBER)} then 'admin@example.com' when ${sql.lit(FIRST_USER_NUMBER)} then 'user@example.com'
        else ${addressOf(slot, turn)} end as email,
      case n when ${sql.lit(ADMIN_NUMBER)} then 'admin' else 'member' end as role,
      case when plan = 'free' and n > ${sql.lit(FIRST_USER_NUMBER)} and special_chance < 0.03
        then (array[0, 5, 25, 50, 100])[1 + floor(special_chance / 0.03 * 5)::int] end as threshold,
      case when plan = 'pro' and special_chance < 0.03
          then '{"limits": [{"meter": "prompts", "window": "month", "amount": 2500}]}'
        when plan = 'pro' and special_chance < 0.04 then '{"allowedModels": ["gpt-5-mini", "gpt-5-nano"]}'
        when plan = 'team' and special_chance < 0.05 then '{"requestsPerMinute": 300, "concurrentCalls": 20}'
      end::jsonb as overrides,
      case when disabled_chance < 0.01 and n > ${sql.lit(FIRST_USER_NUMBER)}
        then created_at + (${now.toISOString()}::timestamptz - created_at) * (1 - disabled_chance * 50) end as disabled_at
    from planned`
}

/** `ada.lovelace17@example.com`; the number tells those apart who share a name. */
function addressOf(slot: string, turn: string): RawBuilder<string> {
  const pick = (values: readonly string[], index: string) =>
    sql`(array[${sql.join(values.map((value) => sql.lit(value)))}])[1 + ${sql.raw(index)}]`
  const last = LAST_NAMES.length
  return sql`${pick(FIRST_NAMES, `${slot} / ${last} % ${FIRST_NAMES.length}`)} || '.' ||
    ${pick(LAST_NAMES, `${slot} % ${last}`)} ||
    case when ${sql.raw(turn)} = 0 then '' else (${sql.raw(turn)} * 11 + ${sql.raw(slot)} % 11)::text end || '@' ||
    ${pick(DOMAINS, `${slot} / ${last * FIRST_NAMES.length}`)}`
}

export const INSERT_USERS = sql`
  insert into users (id, email, plan, role, threshold, overrides, disabled_at, created_at)
  select id, email, plan, role, threshold, overrides, disabled_at, created_at from seed_users order by created_at
  on conflict (email) do nothing`

/** Half of them signed in within the last weeks; ended ones are listed for thirty days, like everywhere. */
export function insertSignIns({ now }: SeedOptions, { chance, id }: Chances): RawBuilder<unknown> {
  const at = sql`${now.toISOString()}::timestamptz`
  return sql`
    insert into sessions (user_id, id, kind, client_name, method, created_at, expires_at, revoked_at, last_used_at)
    select user_id, ${id('h', 20, 'created_at')}, 'sign-in', ${oneOf(CLIENTS, chance('h', 21))},
      ${oneOf(['email', 'email', 'email', 'github', 'github', 'oidc'], chance('h', 22))},
      created_at, created_at + interval '30 days',
      case when ${chance('h', 23)} < 0.15 then created_at + (least(${at}, created_at + interval '30 days') - created_at) * ${chance('h', 24)} end,
      case when ${chance('h', 23)} >= 0.15 then created_at + (least(${at}, created_at + interval '30 days') - created_at) * ${chance('h', 25)} end
    from (select u.id as user_id, h,
        date_trunc('milliseconds', ${at} - least(interval '60 days', ${at} - u.created_at) * power(${chance('h', 26)}, 1.5)) as created_at
      from seed_users s join users u using (id)
      cross join lateral generate_series(s.n * 8, s.n * 8 + 2) h
      where (s.active and ${chance('h', 27)} < 0.6) or ${chance('h', 27)} < 0.002 or s.n = ${sql.lit(ADMIN_NUMBER)}) signed_in`
}

const CLIENTS = ['my-extension/1.4.0', 'my-extension/1.4.0', 'my-extension/1.3.1', 'cline/3.38.1']

export function insertKeys({ now }: SeedOptions, { chance, id }: Chances): RawBuilder<unknown> {
  const at = sql`${now.toISOString()}::timestamptz`
  return sql`
    insert into sessions (user_id, id, kind, client_name, method, created_at, expires_at, revoked_at, last_used_at)
    select user_id, ${id('h', 30, 'created_at')}, 'key',
      ${oneOf(['laptop', 'CI', 'nightly job', 'cline on the desktop', 'review bot', 'test'], chance('h', 31))}, 'email', created_at,
      case when ${chance('h', 32)} < 0.6 then '9999-12-31T00:00:00Z'::timestamptz else created_at + interval '365 days' end,
      case when ${chance('h', 33)} < 0.12 then ${at} - least(interval '25 days', ${at} - created_at) * ${chance('h', 34)} end,
      case when ${chance('h', 33)} >= 0.2 then created_at + (${at} - created_at) * power(${chance('h', 35)}, 0.2) end
    from (select u.id as user_id, h,
        date_trunc('milliseconds', ${at} - least(interval '350 days', ${at} - u.created_at) * ${chance('h', 36)}) as created_at
      from seed_users s join users u using (id)
      cross join lateral generate_series(s.n * 8, s.n * 8 + 1) h
      where s.active and ${chance('h', 37)} < 0.1 or s.n = ${sql.lit(ADMIN_NUMBER)}) made`
}
