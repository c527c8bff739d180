import { type RawBuilder, sql } from 'kysely'
import { type Chances, oneOf } from './chance-statements.ts'
import { DEMO_MODELS } from './demo-terms.ts'
import type { SeedOptions } from './seed-options.ts'

/** Events of one user are numbered below this, so that no two share their chances. */
const MOST_EVENTS = 1_048_576

/** What one statement writes at most, so that it fits the memory of the embedded engine. */
export const EVENTS_AT_ONCE = 25_000

/**
 * Who uses how much and when, in a table for this transaction alone. Few use much (a power law), a quarter has stopped.
 * A free user stops at the limit, or a little beyond: clients that count by themselves may pass it.
 */
export function draftActivity({ now, days, events }: SeedOptions, { chance }: Chances): RawBuilder<unknown> {
  const at = sql`${now.toISOString()}::timestamptz`
  return sql`create temporary table seed_activity on commit drop as
    with spans as (
      select *, case when disabled_at is not null then greatest(begins + interval '1 minute', disabled_at)
          when ${chance('n', 40)} < 0.25 then begins + (${at} - begins) * (0.2 + 0.8 * ${chance('n', 41)})
          else ${at} end as ends
      from (select s.n, s.plan, s.disabled_at, s.threshold, s.overrides, u.id, u.created_at,
          greatest(u.created_at + interval '1 minute',
            ${at} - interval '1 day' * case s.plan when 'trial' then least(45, ${sql.lit(days)}) else ${sql.lit(days)} end) as begins
        from seed_users s join users u using (id) where s.active) joined
    ), weights as (
      select *, extract(epoch from ends - begins) / ${sql.lit(days * 86_400)} as span,
        case plan when 'free' then 0
          else least(power(1 - ${chance('n', 42)}, -0.7), case plan when 'trial' then 15 when 'pro' then 40 else 60 end) end as weight
      from spans
    ), counted as (
      select *, case when plan = 'free' then free_count
        else greatest(1, least(
          round(${sql.lit(events)} * weight * span / nullif(sum(weight * span) over (), 0)),
          case plan when 'pro' then 27 when 'trial' then 9 else 400 end * extract(epoch from ends - begins) / 86400
        ))::int end as events
      from (select *, case when ${chance('n', 43)} < 0.25 then coalesce(threshold, 10)
          when ${chance('n', 43)} < 0.3 then coalesce(threshold, 10) + ceil(${chance('n', 44)} * 4)
          when ${chance('n', 43)} < 0.36 then ceil(coalesce(threshold, 10) * 0.85)
          else ceil(coalesce(threshold, 10) * 0.75 * ${chance('n', 44)}) end::int as free_count
        from weights) limited
    )
    select n, id, plan, created_at, begins, ends, greatest(events, 1) as events,
      least(9, greatest(-8, round((${chance('n', 45)} + ${chance('n', 46)} + ${chance('n', 47)} - 1.4) * 9)))::int as zone,
      ${chance('n', 48)} as lag, ${chance('n', 49)} as taste, exp(1.6 * ${chance('n', 50)} - 0.8) as appetite,
      plan in ('pro', 'team') and ${chance('n', 51)} < 0.3 as with_agent,
      coalesce(overrides ? 'allowedModels', false) as only_small,
      ((sum(greatest(events, 1)) over (order by n) - 1) / ${sql.lit(EVENTS_AT_ONCE)})::int as portion
    from counted`
}

/**
 * One portion of usage: events with their running counts. Each step is materialized, for what it works out the next ones
 * use many times. In an editor work has its days and hours, in the time zone of each.
 */
export function insertEvents(
  { now }: SeedOptions,
  { chance }: Chances,
  portion: number,
): RawBuilder<unknown> {
  const at = sql`${now.toISOString()}::timestamptz`
  const models = DEMO_MODELS.map(
    ({ model, inputMicros, cachedInputMicros, outputMicros, reasons }) =>
      sql`(${sql.lit(model)}, ${sql.lit(inputMicros)}::bigint, ${sql.lit(cachedInputMicros)}::bigint, ${sql.lit(outputMicros)}::bigint, ${sql.lit(reasons)})`,
  )
  return sql`
    with raw as (
      select a.*, h, begins + (ends - begins) * power(${chance('h', 60)}, 0.72) as evenly
      from seed_activity a
      cross join lateral generate_series(n * ${sql.lit(MOST_EVENTS)}, n * ${sql.lit(MOST_EVENTS)} + events - 1) h
      where portion = ${sql.lit(portion)}
    ), days as (
      select *, date_bin('1 day', evenly, 'epoch') as day, extract(isodow from evenly at time zone 'UTC')::int as dow from raw
    ), moved as materialized (
      select *, case when dow > 5 and ${chance('h', 61)} < 0.72
          then day - make_interval(days => dow - 5 + floor(${chance('h', 62)} * 5)::int) else day end
        + make_interval(secs => 3600 * case when ${chance('h', 63)} < 0.12 then 24 * ${chance('h', 64)}
          else mod((7.5 + 4 * (${chance('h', 64)} + ${chance('h', 65)} + ${chance('h', 66)}) - zone + 24)::numeric, 24)::float8 end) as worked
      from days
    ), placed as materialized (
      select *, date_trunc('milliseconds', case when worked > begins and worked < ends then worked else evenly end) as recorded_at
      from moved
    ), named as materialized (
      select *, case
          when with_agent and ${chance('h', 67)} < 0.7 then 'cline/3.38.1'
          when recorded_at > ${at} - interval '75 days' + interval '45 days' * lag then 'my-extension/1.4.0'
          when recorded_at > ${at} - interval '240 days' + interval '45 days' * lag then 'my-extension/1.3.1'
          else 'my-extension/1.2.0' end as source,
        ${chance('h', 68)} * 0.7 + taste * 0.3 as choice,
        greatest(0, extract(epoch from ${at} - recorded_at) / 31536000) as age
      from placed
    ), modelled as materialized (
      select *, case
          when only_small then case when choice < 0.6 then 'gpt-5-mini' else 'gpt-5-nano' end
          when choice < 0.16 + 0.12 * age then 'o4-mini'
          when choice < 0.30 + 0.12 * age then 'gpt-5-nano'
          when choice < 0.62 + 0.05 * age then 'gpt-5-mini'
          else case when plan = 'free' then 'gpt-5-mini' else 'gpt-5' end end as model,
        least(272000, ceil(exp((case when source not like 'cline%' then 5.6 when plan = 'team' then 10 else 7.2 end)
          + 2.6 * ${chance('h', 69)}) * appetite))::bigint as input_tokens,
        ceil(exp(case when plan = 'team' then 4.8 else 3.6 end + 3.2 * ${chance('h', 70)}) * appetite)::bigint as output_tokens
      from named
    ), measured as materialized (
      select *, case when input_tokens >= 1024 and ${chance('h', 71)} < 0.6
          then (input_tokens * 0.8 * ${chance('h', 72)})::bigint / 128 * 128 else 0 end as cached_input_tokens,
        case when reasons then (output_tokens * 0.7 * ${chance('h', 73)})::bigint / 64 * 64 else 0 end as reasoning_tokens
      from modelled
      join (values ${sql.join(models)}) prices (model, input_micros, cached_micros, output_micros, reasons) using (model)
    )
    insert into usage_events (user_id, seq, prompts, tokens, model, source, occurred_at, recorded_at, prompt_count_after,
      token_count_after, cost_micros, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, estimated)
    select id, row_number() over earlier, 1, input_tokens + output_tokens, model, source,
      case when source not like 'cline%' then recorded_at - make_interval(secs => round((8 * ${chance('h', 74)})::numeric, 3)::float8) end,
      recorded_at, row_number() over earlier, sum(input_tokens + output_tokens) over earlier,
      ((input_tokens - cached_input_tokens) * input_micros + cached_input_tokens * cached_micros
        + output_tokens * output_micros + 999999) / 1000000,
      input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, ${chance('h', 75)} < 0.004
    from measured
    window earlier as (partition by n order by recorded_at, h rows unbounded preceding)`
}

/** For some, the newest event is taken back two hours later. */
export function insertCorrections({ now }: SeedOptions, { chance }: Chances): RawBuilder<unknown> {
  return sql`
    insert into usage_events (user_id, seq, kind, prompts, tokens, cost_micros, model, source, occurred_at, recorded_at,
      prompt_count_after, token_count_after, reason)
    select user_id, seq + 1, 'correction', -prompts, -tokens, -cost_micros, model, source,
      coalesce(occurred_at, recorded_at), least(${now.toISOString()}::timestamptz, recorded_at + interval '2 hours'),
      prompt_count_after - prompts, token_count_after - tokens,
      ${oneOf(['Counted twice', 'The answer was empty', 'Goodwill: outage of the provider'], chance('n', 80))}
    from seed_activity a
    join usage_events e on e.user_id = a.id and e.seq = a.events
    where ${chance('n', 81)} < 0.02 or n % 100 = 7`
}

/** In the order of time, so that an hour lies together on disk as it does where it was counted as it came. */
export const INSERT_HOURS = sql`
  insert into usage_hours (user_id, hour, model, source, prompts, tokens, cost_micros)
  select user_id, date_bin('1 hour', coalesce(occurred_at, recorded_at), 'epoch') as hour, model, source,
    sum(prompts), sum(tokens), sum(cost_micros)
  from usage_events e join seed_activity a on a.id = e.user_id group by 1, 2, 3, 4 order by 2, 1`

export const INSERT_DAYS = sql`
  insert into usage_days (user_id, day, model, source, prompts, tokens, cost_micros)
  select user_id, (hour at time zone 'UTC')::date as day, model, source, sum(prompts), sum(tokens), sum(cost_micros)
  from usage_hours h join seed_activity a on a.id = h.user_id group by 1, 2, 3, 4 order by 2, 1`
