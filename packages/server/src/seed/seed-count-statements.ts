import { sql } from 'kysely'

const METERS = ['prompts', 'tokens', 'cost_micros'] as const
const WINDOWS = ['hour', 'day', 'week', 'month'] as const

const windowSums = WINDOWS.flatMap((window) =>
  METERS.map(
    (meter) =>
      `coalesce(sum(e.${meter}) filter (where placed_at >= date_trunc('${window}', l.at, 'UTC')), 0) as ${window}_${meter}`,
  ),
).join(', ')

const windowColumns = WINDOWS.flatMap((window) => METERS.map((meter) => `${window}_${meter}`))

/** What each user has used: for life, and in the windows that hold the hour of the newest event. */
export const UPDATE_COUNTS = sql.raw(`
  with newest as materialized (
    select a.id as user_id, e.seq as events, e.recorded_at as at,
      least(date_trunc('week', e.recorded_at, 'UTC'), date_trunc('month', e.recorded_at, 'UTC')) as earliest
    from seed_activity a
    cross join lateral (select seq, recorded_at from usage_events where user_id = a.id order by seq desc limit 1) e
  ), windows as (
    select user_id, ${windowSums}
    from newest l
    join (select *, case when kind = 'correction' then least(coalesce(occurred_at, recorded_at), recorded_at)
      else recorded_at end as placed_at from usage_events) e using (user_id)
    where placed_at >= earliest group by user_id
  ), life as (
    select user_id, ${METERS.map((meter) => `sum(${meter}) as ${meter}`).join(', ')} from usage_days group by user_id
  )
  update users set prompt_count = f.prompts, token_count = f.tokens, cost_micros = f.cost_micros,
    event_count = l.events, counted_hour = floor(extract(epoch from l.at) / 3600)::int,
    ${windowColumns.map((name) => `${name} = coalesce(w.${name}, 0)`).join(', ')}
  from newest l join life f using (user_id) left join windows w using (user_id) where users.id = l.user_id`)
