import { sql } from 'kysely'
import { parseConfig } from '../../src/config/config.ts'
import type { Database } from '../../src/database/database.ts'
import { openDatabase } from '../../src/database/open-database.ts'

/** One event as it is kept, for comparing with what was answered. */
export interface KeptEvent {
  readonly email: string
  readonly seq: number
  readonly kind: string
  readonly prompts: number
  readonly tokens: number
  readonly cost: number
  readonly key: string | null
  /** The hold that was settled or abandoned, for calls of the gateway. */
  readonly holdId: string | null
  readonly promptCountAfter: number
  readonly tokenCountAfter: number
}

/** Opens the database of a server that is not running, or may share it, and closes it afterwards. */
export async function withDatabase<T>(
  environment: Readonly<Record<string, string>>,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { database } = await openDatabase(parseConfig(environment), () => {})
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

export async function readEvents({ kysely }: Database): Promise<KeptEvent[]> {
  const { rows } = await sql<KeptEvent>`
    select u.email, e.seq, e.kind, e.prompts, e.tokens, e.cost_micros as cost, e.idempotency_key as key,
      e.hold_id as "holdId",
      e.prompt_count_after as "promptCountAfter", e.token_count_after as "tokenCountAfter"
    from usage_events e join users u on u.id = e.user_id order by u.email, e.seq`.execute(kysely)
  return rows
}

/**
 * Every way in which the ledger contradicts itself, empty when invariant 1 holds: counts, events, hours and days agree
 * for each user, events are numbered without gaps and carry running counts, nothing is left of a user who is gone.
 */
export async function findContradictions({ kysely }: Database): Promise<string[]> {
  const { rows } = await sql<{ contradiction: string }>`
    with event_sums as (
      select user_id, count(*) as events, min(seq) as first, max(seq) as last,
        sum(prompts) as prompts, sum(tokens) as tokens, sum(cost_micros) as cost
      from usage_events group by user_id
    ), running as (
      select user_id, seq, prompt_count_after, token_count_after,
        sum(prompts) over earlier as prompts, sum(tokens) over earlier as tokens
      from usage_events window earlier as (partition by user_id order by seq)
    ), placed as (
      select user_id, date_trunc('hour', coalesce(occurred_at, recorded_at), 'UTC') as hour,
        coalesce(model, '') as model, coalesce(source, '') as source,
        sum(prompts) as prompts, sum(tokens) as tokens, sum(cost_micros) as cost
      from usage_events where kind <> 'abandoned' group by 1, 2, 3, 4
    ), days_of_events as (
      select user_id, (hour at time zone 'UTC')::date as day, model, source,
        sum(prompts) as prompts, sum(tokens) as tokens, sum(cost) as cost
      from placed group by 1, 2, 3, 4
    ), window_starts as (
      select id, at, date_trunc('hour', at, 'UTC') as hour, date_trunc('day', at, 'UTC') as day,
        date_trunc('week', at, 'UTC') as week, date_trunc('month', at, 'UTC') as month
      from (select id, to_timestamp(counted_hour * 3600) as at from users where counted_hour is not null) counted
    ), windows as (
      select w.id, array(
        select coalesce(sum(amount) filter (where placed_at >= start), 0)
        from unnest(array[w.hour, w.day, w.week, w.month]) with ordinality s(start, window_number),
          unnest(array['prompts', 'tokens', 'cost']) with ordinality m(meter, meter_number)
        left join lateral (
          select case m.meter when 'prompts' then prompts when 'tokens' then tokens else cost_micros end as amount,
            case when kind = 'correction' then least(coalesce(occurred_at, recorded_at), recorded_at)
              else recorded_at end as placed_at
          from usage_events e where e.user_id = w.id and kind <> 'opening') e on true
        group by window_number, meter_number order by window_number, meter_number) as counts
      from window_starts w
    )
    select 'counts of ' || u.email || ' differ from its events' as contradiction
      from users u left join event_sums e on e.user_id = u.id
      where (u.prompt_count, u.token_count, u.cost_micros, u.event_count)
        is distinct from (coalesce(e.prompts, 0), coalesce(e.tokens, 0), coalesce(e.cost, 0), coalesce(e.last, 0))
    union all
    select 'windows of ' || u.email || ' differ from its events: ' || w.counts::text
      from users u join windows w using (id)
      where w.counts <> array[hour_prompts, hour_tokens, hour_cost_micros, day_prompts, day_tokens, day_cost_micros,
        week_prompts, week_tokens, week_cost_micros, month_prompts, month_tokens, month_cost_micros]::numeric[]
    union all
    select 'seq of ' || user_id || ' has gaps' from event_sums where first <> 1 or last <> events
    union all
    select 'event ' || seq || ' of ' || user_id || ' carries other counts' from running
      where prompt_count_after <> prompts or token_count_after <> tokens
    union all
    select 'hour ' || coalesce(p.hour, h.hour) || ' of ' || coalesce(p.user_id, h.user_id) || ' differs from its events'
      from placed p full join usage_hours h using (user_id, hour, model, source)
      where (coalesce(p.prompts, 0), coalesce(p.tokens, 0), coalesce(p.cost, 0))
        <> (coalesce(h.prompts, 0), coalesce(h.tokens, 0), coalesce(h.cost_micros, 0))
    union all
    select 'day ' || coalesce(p.day, d.day) || ' of ' || coalesce(p.user_id, d.user_id) || ' differs from its events'
      from days_of_events p full join usage_days d using (user_id, day, model, source)
      where (coalesce(p.prompts, 0), coalesce(p.tokens, 0), coalesce(p.cost, 0))
        <> (coalesce(d.prompts, 0), coalesce(d.tokens, 0), coalesce(d.cost_micros, 0))
    union all
    select 'something is left of user ' || user_id || ', who is gone'
      from (select user_id from usage_events union select user_id from usage_hours union select user_id from usage_days
        union select user_id from holds) left_over
      where not exists (select from users where users.id = left_over.user_id)`.execute(kysely)
  return rows.map(({ contradiction }) => contradiction)
}
