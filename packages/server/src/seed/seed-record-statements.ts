import { type RawBuilder, sql } from 'kysely'
import { type Chances, oneOf } from './chance-statements.ts'
import { DEMO_PLANS } from './demo-terms.ts'
import type { SeedOptions } from './seed-options.ts'

/** Networks that are reserved for documents (RFC 5737). */
const ip = ({ chance }: Chances) =>
  sql`(array['192.0.2.', '198.51.100.', '203.0.113.'])[1 + floor(${chance('h', 100)} * 3)::int] || 1 + floor(${chance('h', 101)} * 254)::int`

/** Sign-ins and keys that are there, and sign-ins of the year whose sessions ended long ago. */
export function insertSessionAudit({ now, days }: SeedOptions, chances: Chances): RawBuilder<unknown> {
  const { chance, id } = chances
  const at = sql`${now.toISOString()}::timestamptz`
  return sql`
    insert into audit_events (id, at, action, actor, actor_id, user_id, session_id, ip, client_name, details)
    select ${id('h', 102, 'at')}, at, action, 'user', user_id, user_id, session_id, ${ip(chances)}, client_name, details
    from (
      select hashint8extended(s.n, 0) # hashtextextended(e.id::text, 0) as h, e.created_at as at,
        case e.kind when 'key' then 'key_created' else 'sign_in' end as action, e.user_id, e.id as session_id,
        case e.kind when 'key' then 'my-extension/1.4.0' else e.client_name end as client_name,
        case e.kind when 'key' then '{"expiresInDays": null}' else jsonb_build_object('method', e.method) end as details
      from sessions e join seed_users s on s.id = e.user_id
      union all
      select h, date_trunc('milliseconds', begins + (ends - begins) * ${chance('h', 103)}), 'sign_in', id,
        ${id('h', 104, 'ends')}, 'my-extension/1.3.1', '{"method": "email"}'
      from seed_activity cross join lateral generate_series(n * 8, n * 8 + 2) h
      where ends < ${at} - interval '60 days' or ${sql.lit(days)} > 60 and ${chance('h', 105)} < 0.3
    ) told order by at`
}

/** What operators did over the time, and who was turned away. */
export function insertOperatorAudit({ now, days }: SeedOptions, chances: Chances): RawBuilder<unknown> {
  const { chance, id } = chances
  const at = sql`${now.toISOString()}::timestamptz`
  const admin = sql`(select id from users where email = 'admin@example.com')`
  return sql`
    insert into audit_events (id, at, action, actor, actor_id, user_id, ip, client_name, details)
    select ${id('h', 110, 'at')}, at, action, actor, case actor when 'user' then ${admin} end, user_id, ${ip(chances)}, client_name, details
    from (
      select n * 8 + 5 as h, created_at + (ends - created_at) * ${chance('n', 111)} as at, 'user_changed' as action,
        case when ${chance('n', 112)} < 0.6 then 'operator' else 'user' end as actor, id as user_id,
        'promptmeter/0.1.0' as client_name,
        jsonb_build_object('fields', jsonb_build_array('plan'), 'plan', plan) as details
      from seed_activity where plan in ('pro', 'team') and ${chance('n', 113)} < 0.5
      union all
      select n * 8 + 6, disabled_at, 'user_changed', 'operator', id, 'promptmeter/0.1.0',
        '{"fields": ["disabled"], "disabled": true}'
      from seed_users where disabled_at > ${at} - interval '${sql.lit(days)} days'
      union all
      select a.n * 8 + 7, e.recorded_at, 'usage_corrected', 'operator', a.id, 'promptmeter/0.1.0',
        jsonb_build_object('prompts', e.prompts, 'tokens', e.tokens, 'cost', e.cost_micros)
      from seed_activity a join usage_events e on e.user_id = a.id and e.seq = a.events + 1
      union all
      select h, ${at} - interval '${sql.lit(days)} days' * power(${chance('h', 114)}, 1.3), 'sign_in_refused', 'nobody',
        case when ${chance('h', 115)} < 0.3 then (select id from seed_users where disabled_at is not null order by n limit 1) end,
        ${oneOf(['my-extension/1.4.0', 'my-extension/1.2.0', 'curl/8.14.1'], chance('h', 116))},
        jsonb_build_object('method', 'email', 'reason', ${oneOf(['unknown', 'unknown', 'disabled'], chance('h', 115))})
      from generate_series(1::bigint, ${sql.lit(Math.ceil(days / 2))}::bigint) h
      union all
      select h, ${at} - interval '${sql.lit(days)} days' * (h::float8 / ${sql.lit(DEMO_PLANS.length + 1)}), 'plan_changed', 'operator', null,
        'promptmeter/0.1.0', jsonb_build_object('plan', ${oneOf(
          DEMO_PLANS.map(({ name }) => name),
          sql`((h - 1)::float8 / ${sql.lit(DEMO_PLANS.length)})`,
        )})
      from generate_series(1::bigint, ${sql.lit(DEMO_PLANS.length)}::bigint) h
    ) told order by at`
}

/** Codes, and about how often each comes in a busy hour of the last week. */
const REFUSALS: readonly (readonly [code: string, hourly: number])[] = [
  ['insufficient_quota', 6],
  ['rate_limit_exceeded', 2.5],
  ['token_invalid', 1.4],
  ['model_not_allowed', 0.5],
  ['too_many_attempts', 0.4],
  ['concurrency_limit_reached', 0.3],
  ['user_disabled', 0.2],
  ['overloaded', 0.03],
]

/** More by day than by night, on weekends and a year ago. */
export function insertRefusals({ now, days }: SeedOptions, { chance }: Chances): RawBuilder<unknown> {
  const at = sql`${now.toISOString()}::timestamptz`
  const codes = REFUSALS.map(
    ([code, hourly], index) =>
      sql`(${sql.lit(code)}, ${sql.lit(hourly)}::float8, ${sql.lit(index + 1)}::bigint)`,
  )
  return sql`
    insert into refusals (hour, code, count)
    select hour, code, count from (
      select hour, code, floor(hourly * (0.25 + 0.75 * (1 - extract(epoch from ${at} - hour) / ${sql.lit(days * 86_400)}))
        * case when extract(isodow from hour at time zone 'UTC') > 5 then 0.35 else 1 end
        * (0.15 + 0.85 * greatest(0, sin((extract(hour from hour at time zone 'UTC')::float8 - 5) / 16 * pi())))
        * 1.6 * ${chance('h', 120)} + ${chance('h', 121)})::bigint as count
      from (select hour, code, hourly, (extract(epoch from ${at} - hour) / 3600)::bigint * 16 + number as h
        from generate_series(date_trunc('hour', ${at} - interval '${sql.lit(days)} days', 'UTC'), ${at}, interval '1 hour') hour
        cross join (values ${sql.join(codes)}) refused (code, hourly, number)) hours
    ) counted where count > 0
    on conflict (hour, code) do update set count = refusals.count + excluded.count`
}
