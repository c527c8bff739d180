import type { Migration } from './migration.ts'

const COUNT = 'bigint not null default 0 check (COLUMN between 0 and 9007199254740991)'

/** What was used in each present window, in the order of `RESETTING_WINDOWS`. */
const WINDOW_COLUMNS = ['hour', 'day', 'week', 'month'].flatMap((window) =>
  ['prompts', 'tokens', 'cost_micros'].map(
    (meter) => `add column ${window}_${meter} bigint not null default 0`,
  ),
)

export const gateway: Migration = {
  name: '0002-gateway',
  sql: `
create table plans (
  name                 text primary key,
  limits               jsonb not null,
  allowed_models       jsonb,
  requests_per_minute  integer check (requests_per_minute > 0),
  concurrent_calls     integer check (concurrent_calls > 0),
  default_max_tokens   integer check (default_max_tokens >= 16),
  updated_at           timestamptz not null default now()
);
comment on table plans is 'What users are granted. A null bound does not hold';
comment on column plans.limits is 'An array of {meter, window, amount}; cost in micro-dollars';
insert into plans (name, limits)
values ('free', '[{"meter": "prompts", "window": "lifetime", "amount": 10}]');

create table prices (
  model                text not null,
  effective_from       timestamptz not null,
  input_micros         bigint not null check (input_micros >= 0),
  cached_input_micros  bigint check (cached_input_micros >= 0),
  output_micros        bigint not null check (output_micros >= 0),
  primary key (model, effective_from)
);
comment on table prices is 'Micro-dollars for a million tokens. The model may hold * for any text; the most precise that fits wins';

create table catalog (
  only_row  boolean primary key default true check (only_row),
  revision  uuid not null default gen_random_uuid()
);
comment on table catalog is 'Another revision with every change of plans or prices: what a replica remembers of them holds while it is the same';
insert into catalog default values;

alter table users
  add column cost_micros ${COUNT.replace('COLUMN', 'cost_micros')},
  add column plan text not null default 'free' references plans (name),
  add column overrides jsonb,
  add column counted_hour integer,
  ${WINDOW_COLUMNS.join(',\n  ')},
  add column rate_minute integer,
  add column rate_requests integer not null default 0;
comment on column users.overrides is 'What this user has instead of what the plan says: limits and bounds';
comment on column users.counted_hour is 'The hour, counted from 1970 (UTC), in which the counts of the windows were last written: in a later window they stand for 0';
comment on column users.rate_minute is 'The minute, counted from 1970, that rate_requests counts calls of the gateway of';

alter table usage_events
  drop constraint usage_events_kind_check,
  add check (kind in ('usage', 'correction', 'opening', 'abandoned')),
  add column cost_micros bigint not null default 0,
  add check (kind = 'correction' or cost_micros >= 0),
  add column input_tokens bigint,
  add column cached_input_tokens bigint,
  add column output_tokens bigint,
  add column reasoning_tokens bigint,
  add column estimated boolean not null default false,
  add column hold_id uuid;
comment on column usage_events.cached_input_tokens is 'A part of input_tokens, as reasoning_tokens are of output_tokens';
comment on column usage_events.estimated is 'Counted by our own tokenizer, for the upstream told no numbers';
comment on column usage_events.hold_id is 'The hold that this event settled: at most one event of usage each';
create unique index usage_events_hold on usage_events (user_id, hold_id) where hold_id is not null and kind = 'usage';

alter table usage_hours add column cost_micros bigint not null default 0 check (cost_micros >= 0);
alter table usage_days add column cost_micros bigint not null default 0 check (cost_micros >= 0);

create table holds (
  user_id          uuid not null,
  id               uuid not null,
  model            text,
  source           text,
  idempotency_key  text,
  tokens           bigint not null check (tokens >= 0),
  cost_micros      bigint not null check (cost_micros >= 0),
  created_at       timestamptz not null,
  expires_at       timestamptz not null,
  primary key (user_id, id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
comment on table holds is 'Calls of the gateway under way, each one prompt and at most these tokens and this cost. Past expires_at one counts for nothing, whether it was swept or not. Every writer holds the lock of the row in users';
`,
}
