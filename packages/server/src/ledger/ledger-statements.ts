import type { Statement } from '../database/database.ts'
import { LAST_USED_GRAIN_MS } from '../sessions/session.ts'

/**
 * The hot SQL. A batch is one transaction of three statements: lock the users, leaving out those whom another
 * transaction has locked, so that no batch waits for another; look up the facts with a snapshot taken after the locks;
 * write.
 */

/** $1 user ids */
export const LOCK_USERS: Statement = {
  name: 'ledger_lock_users',
  text: `select id, prompt_count, token_count, event_count, threshold, disabled_at is not null as disabled
    from users where id = any($1::uuid[]) order by id for no key update skip locked`,
}

/** Which of these users are there, locked by somebody or not. $1 user ids */
export const FIND_USERS: Statement = {
  name: 'ledger_find_users',
  text: 'select id from users where id = any($1::uuid[])',
}

/**
 * One row of exceptions; in steady state every list in it is null.
 * $1, $2 sessions of the batch (user id, session id); $3, $4 idempotency keys (user id, key);
 * $5 to $8 labels to look for (user id, occurred at, model, source)
 */
export const FIND_FACTS: Statement = {
  name: 'ledger_find_facts',
  text: `select statement_timestamp() as now,
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
        'kind', e.kind, 'prompts', e.prompts, 'tokens', e.tokens, 'model', e.model, 'source', e.source,
        'occurredAtMs', (extract(epoch from e.occurred_at) * 1000)::bigint,
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

/** $1 user ids, $2 days */
export const FIND_DAY_LABELS: Statement = {
  name: 'ledger_find_day_labels',
  text: `select d.user_id, d.day, d.model, d.source
    from (select distinct * from unnest($1::uuid[], $2::date[])) asked(user_id, day)
    join usage_days d on d.user_id = asked.user_id and d.day = asked.day`,
}

/**
 * Every write of a batch. $1 to $11 events (the last one: recorded at, for all); $12 to $15 users with their new
 * counts; $16 to $21 what to add per hour, from which the days follow; $22, $23 sessions in use.
 */
export const RECORD: Statement = {
  name: 'ledger_record',
  text: `with new_events as (
      insert into usage_events (user_id, seq, prompts, tokens, model, source, occurred_at, idempotency_key,
        prompt_count_after, token_count_after, recorded_at)
      select *, $11::timestamptz from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[],
        $6::text[], $7::timestamptz[], $8::text[], $9::bigint[], $10::bigint[])
    ), new_counts as (
      update users set prompt_count = n.prompt_count, token_count = n.token_count, event_count = n.event_count
      from unnest($12::uuid[], $13::bigint[], $14::bigint[], $15::bigint[])
        n(id, prompt_count, token_count, event_count)
      where users.id = n.id
    ), added as materialized (
      select * from unnest($16::uuid[], $17::timestamptz[], $18::text[], $19::text[], $20::bigint[], $21::bigint[])
        a(user_id, hour, model, source, prompts, tokens)
    ), hours as (
      insert into usage_hours (user_id, hour, model, source, prompts, tokens) select * from added
      on conflict (user_id, hour, model, source) do update
        set prompts = usage_hours.prompts + excluded.prompts, tokens = usage_hours.tokens + excluded.tokens
    ), days as (
      insert into usage_days (user_id, day, model, source, prompts, tokens)
      select user_id, (hour at time zone 'UTC')::date, model, source, sum(prompts)::bigint, sum(tokens)::bigint
      from added group by 1, 2, 3, 4
      on conflict (user_id, day, model, source) do update
        set prompts = usage_days.prompts + excluded.prompts, tokens = usage_days.tokens + excluded.tokens
    )
    update sessions set last_used_at = $11::timestamptz
    from unnest($22::uuid[], $23::uuid[]) used(user_id, id)
    where sessions.user_id = used.user_id and sessions.id = used.id`,
}
