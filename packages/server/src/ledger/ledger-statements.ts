import type { Statement } from '../database/database.ts'
import { LAST_USED_GRAIN_MS } from '../sessions/session.ts'
import { WINDOW_COUNTS, windowUpdates } from './window-statements.ts'

/**
 * The hot SQL. A batch is one transaction of three steps: lock the users, leaving out those whom another transaction has
 * locked, so that no batch waits for another; look up the facts with a snapshot taken after the locks; write.
 */

/** $1 user ids, $2 plans whose users need the counts of their windows */
export const LOCK_USERS: Statement = {
  name: 'ledger_lock_users',
  text: `select id, prompt_count, token_count, cost_micros, event_count, threshold, plan, overrides, counted_hour,
      disabled_at is not null as disabled,
      case when plan = any($2::text[]) or overrides is not null then ${WINDOW_COUNTS} end as windows
    from users where id = any($1::uuid[]) order by id for no key update skip locked`,
}

/** Which of these users are there, locked by somebody or not. $1 user ids */
export const FIND_USERS: Statement = {
  name: 'ledger_find_users',
  text: 'select id from users where id = any($1::uuid[])',
}

/** The counts of the windows of users that are locked. $1 user ids */
export const FIND_WINDOWS: Statement = {
  name: 'ledger_find_windows',
  text: `select id, ${WINDOW_COUNTS} as windows from users where id = any($1::uuid[])`,
}

/**
 * One row of exceptions; in steady state every list in it is null.
 * $1, $2 sessions of the batch (user id, session id); $3, $4 idempotency keys (user id, key);
 * $5 to $8 labels to look for (user id, occurred at, model, source)
 */
export const FIND_FACTS: Statement = {
  name: 'ledger_find_facts',
  text: `select statement_timestamp() as now,
    (select revision from catalog) as catalog_revision,
    (select json_agg(c.session_id)
      from unnest($1::uuid[], $2::uuid[]) c(user_id, session_id)
      left join sessions s on s.user_id = c.user_id and s.id = c.session_id
      where s.id is null or s.revoked_at is not null or s.expires_at <= statement_timestamp()) as ended_sessions,
    (select json_agg(json_build_object('userId', s.user_id, 'sessionId', s.id))
      from unnest($1::uuid[], $2::uuid[]) c(user_id, session_id)
      join sessions s on s.user_id = c.user_id and s.id = c.session_id
      where s.last_used_at is null
        or s.last_used_at < statement_timestamp() - interval '${LAST_USED_GRAIN_MS} milliseconds') as unwritten_uses,
    (select json_agg(json_build_object('userId', e.user_id, 'idempotencyKey', e.idempotency_key,
        'kind', e.kind, 'prompts', e.prompts, 'tokens', e.tokens, 'cost', e.cost_micros, 'model', e.model,
        'source', e.source, 'occurredAtMs', (extract(epoch from e.occurred_at) * 1000)::bigint,
        'inputTokens', e.input_tokens, 'cachedInputTokens', e.cached_input_tokens, 'outputTokens', e.output_tokens,
        'reasoningTokens', e.reasoning_tokens, 'estimated', e.estimated, 'holdId', e.hold_id,
        'promptCountAfter', e.prompt_count_after, 'tokenCountAfter', e.token_count_after))
      from unnest($3::uuid[], $4::text[]) k(user_id, idempotency_key)
      join usage_events e on e.user_id = k.user_id and e.idempotency_key = k.idempotency_key) as known_events,
    (select json_agg(l.ordinality - 1 order by l.ordinality)
      from unnest($5::uuid[], $6::timestamptz[], $7::text[], $8::text[])
        with ordinality l(user_id, occurred_at, model, source, ordinality)
      where not exists (select from usage_days d where d.user_id = l.user_id
        and d.day = (coalesce(l.occurred_at, statement_timestamp()) at time zone 'UTC')::date
        and d.model = l.model and d.source = l.source)) as new_labels`,
}

/**
 * The same for calls that make or end holds. $1 users who ask for a hold; $2, $3 holds that calls name (user id, hold
 * id); $4, $5 idempotency keys (user id, key)
 */
export const FIND_HOLDS: Statement = {
  name: 'ledger_find_holds',
  text: `select
    (select json_agg(h) from (select user_id as "userId", count(*) as prompts, sum(tokens) as tokens,
        sum(cost_micros) as cost
      from holds where user_id = any($1::uuid[]) and expires_at > statement_timestamp() group by user_id) h) as held,
    (select json_agg(json_build_object('holdId', h.id, 'tokens', h.tokens, 'cost', h.cost_micros,
        'active', h.expires_at > statement_timestamp(), 'model', h.model, 'source', h.source))
      from unnest($2::uuid[], $3::uuid[]) n(user_id, id)
      join holds h on h.user_id = n.user_id and h.id = n.id) as named_holds,
    (select json_agg(n.id)
      from unnest($2::uuid[], $3::uuid[]) n(user_id, id)
      where (select true from holds h where h.user_id = n.user_id and h.id = n.id) is null
        and (select true from usage_events e
          where e.user_id = n.user_id and e.hold_id = n.id and e.kind = 'usage')) as settled_holds,
    (select json_agg(json_build_object('userId', h.user_id, 'idempotencyKey', h.idempotency_key))
      from unnest($4::uuid[], $5::text[]) k(user_id, idempotency_key)
      join holds h on h.user_id = k.user_id and h.idempotency_key = k.idempotency_key
      where h.expires_at > statement_timestamp()) as keys_in_flight`,
}

/** Everything that replicas remember of what is granted and what it costs. */
export const FIND_PLANS: Statement = { name: 'ledger_find_plans', text: 'select * from plans' }
export const FIND_PRICES: Statement = { name: 'ledger_find_prices', text: 'select * from prices' }

/** $1 how many at most */
export const FIND_EXPIRED_HOLDS: Statement = {
  name: 'ledger_find_expired_holds',
  text: `select user_id, id from holds where expires_at <= now() limit $1`,
}

/**
 * Every write of a batch. $1 recorded at, for all; $2 to $19 events; $20 to $28 users with what they end with; $29 to
 * $35 what to add per hour, from which the days follow; $36, $37 sessions in use; $38 to $45 new holds; $46, $47 holds
 * that end; $48 to $50 holds that go on.
 */
export const RECORD: Statement = {
  name: 'ledger_record',
  text: `with new_events as (
      insert into usage_events (user_id, seq, prompts, tokens, model, source, occurred_at, idempotency_key,
        prompt_count_after, token_count_after, kind, cost_micros, input_tokens, cached_input_tokens, output_tokens,
        reasoning_tokens, estimated, hold_id, recorded_at)
      select *, $1::timestamptz from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[],
        $7::text[], $8::timestamptz[], $9::text[], $10::bigint[], $11::bigint[], $12::text[], $13::bigint[],
        $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::boolean[], $19::uuid[])
    ), new_counts as (
      update users set prompt_count = n.prompt_count, token_count = n.token_count, cost_micros = n.cost_micros,
        event_count = n.event_count, ${windowUpdates({
          begun: 'n.begun',
          prompts: 'n.prompt_count - users.prompt_count',
          tokens: 'n.token_count - users.token_count',
          cost: 'n.cost_micros - users.cost_micros',
        })}, counted_hour = n.counted_hour,
        rate_minute = coalesce(n.rate_minute, users.rate_minute),
        rate_requests = coalesce(n.rate_requests, users.rate_requests)
      from unnest($20::uuid[], $21::bigint[], $22::bigint[], $23::bigint[], $24::bigint[], $25::integer[],
        $26::integer[], $27::integer[], $28::integer[])
        n(id, prompt_count, token_count, cost_micros, event_count, counted_hour, begun, rate_minute, rate_requests)
      where users.id = n.id
    ), added as materialized (
      select * from unnest($29::uuid[], $30::timestamptz[], $31::text[], $32::text[], $33::bigint[], $34::bigint[],
        $35::bigint[])
        a(user_id, hour, model, source, prompts, tokens, cost_micros)
    ), hours as (
      insert into usage_hours (user_id, hour, model, source, prompts, tokens, cost_micros) select * from added
      on conflict (user_id, hour, model, source) do update set prompts = usage_hours.prompts + excluded.prompts,
        tokens = usage_hours.tokens + excluded.tokens, cost_micros = usage_hours.cost_micros + excluded.cost_micros
    ), days as (
      insert into usage_days (user_id, day, model, source, prompts, tokens, cost_micros)
      select user_id, (hour at time zone 'UTC')::date, model, source, sum(prompts)::bigint, sum(tokens)::bigint,
        sum(cost_micros)::bigint
      from added group by 1, 2, 3, 4
      on conflict (user_id, day, model, source) do update set prompts = usage_days.prompts + excluded.prompts,
        tokens = usage_days.tokens + excluded.tokens, cost_micros = usage_days.cost_micros + excluded.cost_micros
    ), new_holds as (
      insert into holds (user_id, id, model, source, idempotency_key, tokens, cost_micros, expires_at, created_at)
      select *, $1::timestamptz from unnest($38::uuid[], $39::uuid[], $40::text[], $41::text[], $42::text[],
        $43::bigint[], $44::bigint[], $45::timestamptz[])
    ), ended_holds as (
      delete from holds using unnest($46::uuid[], $47::uuid[]) e(user_id, id)
      where holds.user_id = e.user_id and holds.id = e.id
    ), renewed_holds as (
      update holds set expires_at = r.expires_at from unnest($48::uuid[], $49::uuid[], $50::timestamptz[])
        r(user_id, id, expires_at)
      where holds.user_id = r.user_id and holds.id = r.id
    )
    update sessions set last_used_at = $1::timestamptz
    from unnest($36::uuid[], $37::uuid[]) used(user_id, id)
    where sessions.user_id = used.user_id and sessions.id = used.id`,
}
