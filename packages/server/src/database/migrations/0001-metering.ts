import type { Migration } from './migration.ts'

export const metering: Migration = {
  name: '0001-metering',
  sql: `
create table users (
  id            uuid primary key,
  email         text not null unique,
  prompt_count  bigint not null default 0 check (prompt_count between 0 and 9007199254740991),
  token_count   bigint not null default 0 check (token_count between 0 and 9007199254740991),
  event_count   bigint not null default 0 check (event_count >= 0),
  threshold     bigint check (threshold between 0 and 9007199254740991),
  disabled_at   timestamptz,
  created_at    timestamptz not null default now()
) with (fillfactor = 50);
comment on table users is 'Somebody who may sign in. The counts repeat the sum of usage_events, kept by the same transaction. No index may cover a count: updates in place (HOT) depend on it';
comment on column users.event_count is 'The seq of the newest usage event';
comment on column users.threshold is 'Limit on prompts for life; null is the default';
create index users_created_at on users (created_at, id);

create table sessions (
  user_id       uuid not null references users (id) on delete cascade,
  id            uuid not null,
  client_name   text,
  created_at    timestamptz not null default now(),
  expires_at    timestamptz not null,
  revoked_at    timestamptz,
  last_used_at  timestamptz,
  primary key (user_id, id)
) with (fillfactor = 80);
comment on table sessions is 'One sign-in. Its token and API key hold nothing that is stored here: they are made from the ids and JWT_SECRET';
comment on column sessions.last_used_at is 'To ten minutes: written at most that often';

create table usage_events (
  user_id             uuid not null,
  seq                 bigint not null,
  kind                text not null default 'usage' check (kind in ('usage', 'correction', 'opening')),
  prompts             bigint not null,
  tokens              bigint not null,
  model               text,
  source              text,
  occurred_at         timestamptz,
  recorded_at         timestamptz not null,
  idempotency_key     text,
  prompt_count_after  bigint not null,
  token_count_after   bigint not null,
  reason              text,
  primary key (user_id, seq),
  check (kind = 'correction' or (prompts >= 0 and tokens >= 0))
);
comment on table usage_events is 'Immutable facts, numbered per user from 1 without gaps. Every writer holds the lock of the row in users, so no foreign key has to be checked per event';
comment on column usage_events.occurred_at is 'As the client said; null when it said nothing, then recorded_at places the event';
create unique index usage_events_idempotency_key on usage_events (user_id, idempotency_key) where idempotency_key is not null;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'usage events are immutable: record a correction instead';
end $$;
create trigger usage_events_immutable before update on usage_events for each statement execute function refuse_change();

create table usage_hours (
  user_id  uuid not null,
  hour     timestamptz not null,
  model    text not null,
  source   text not null,
  prompts  bigint not null check (prompts >= 0),
  tokens   bigint not null check (tokens >= 0),
  primary key (user_id, hour, model, source)
) with (fillfactor = 70);
comment on table usage_hours is 'Usage per user, hour (UTC), model and source; an empty string where the event named none';

create table usage_days (
  user_id  uuid not null,
  day      date not null,
  model    text not null,
  source   text not null,
  prompts  bigint not null check (prompts >= 0),
  tokens   bigint not null check (tokens >= 0),
  primary key (user_id, day, model, source)
) with (fillfactor = 70);
comment on table usage_days is 'The same per day (UTC)';
`,
}
