import type { Migration } from './migration.ts'

export const signIn: Migration = {
  name: '0003-sign-in',
  sql: `
alter table users
  add column role text not null default 'member' check (role in ('member', 'admin'));
comment on column users.role is 'An admin may use the admin API with a session whose sign-in proved the address';

alter table sessions
  add column kind text not null default 'sign-in' check (kind in ('sign-in', 'key')),
  add column method text not null default 'trusted' check (method in ('trusted', 'email', 'github', 'oidc')),
  add column grant_mac text;
alter table sessions alter column method drop default;
comment on column sessions.kind is 'A key is a named API key: it has no token, and the name is in client_name';
comment on column sessions.method is 'How the address was proven; of a key, how it was when the key was made';
comment on column sessions.grant_mac is 'MAC of the OAuth grant it came from: the session ends with the grant';
create index sessions_grant on sessions (grant_mac) where grant_mac is not null;

create table identities (
  issuer     text not null,
  subject    text not null,
  user_id    uuid not null references users (id) on delete cascade,
  linked_at  timestamptz not null default now(),
  primary key (issuer, subject)
);
comment on table identities is 'Accounts at outside providers, by their lasting ids: the address there may change';
create index identities_user on identities (user_id);

create table challenges (
  email       text not null,
  network     text not null,
  slot        smallint not null check (slot between 1 and 5),
  id          uuid not null unique,
  code_mac    text not null,
  tries       smallint not null default 0 check (tries between 0 and 5),
  expires_at  timestamptz not null,
  used_at     timestamptz,
  primary key (email, network, slot)
);
comment on table challenges is 'Codes sent by mail. The slots of one address and network bound how many live at once; nobody can take the slot of one that lives';
create index challenges_expires_at on challenges (expires_at);

create table oauth_records (
  model          text not null,
  id_mac         text not null,
  grant_mac      text,
  user_code_mac  text,
  uid_mac        text,
  payload        text not null,
  expires_at     timestamptz,
  consumed_at    timestamptz,
  primary key (model, id_mac)
);
comment on table oauth_records is 'What the OAuth server keeps for some minutes, sealed: ids as MACs, payloads as JWE, both under keys made from JWT_SECRET';
create index oauth_records_grant on oauth_records (grant_mac) where grant_mac is not null;
create index oauth_records_user_code on oauth_records (user_code_mac) where user_code_mac is not null;
create index oauth_records_uid on oauth_records (uid_mac) where uid_mac is not null;
create index oauth_records_expires_at on oauth_records (expires_at);

create table rate_limits (
  key     text primary key,
  points  integer not null default 0,
  expire  bigint
);
comment on table rate_limits is 'Attempts within a time, by keyed hash of what is limited. Columns as rate-limiter-flexible wants them; expire in milliseconds since 1970';
create index rate_limits_expire on rate_limits (expire);

create table audit_events (
  id           uuid primary key,
  at           timestamptz not null default now(),
  action       text not null,
  actor        text not null check (actor in ('user', 'operator', 'nobody')),
  actor_id     uuid,
  user_id      uuid,
  session_id   uuid,
  ip           text,
  client_name  text,
  details      jsonb not null default '{}',
  check ((actor = 'user') = (actor_id is not null))
);
comment on table audit_events is 'Who did what, when and from where. Only ever added to; of an erased user the address and client are blanked, and nothing else may change';
create index audit_events_at on audit_events (at, id);
create index audit_events_user on audit_events (user_id, at);
create index audit_events_actor on audit_events (actor_id, at) where actor_id is not null;

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if (new.id, new.at, new.action, new.actor, new.actor_id, new.user_id, new.session_id, new.details)
        is not distinct from
        (old.id, old.at, old.action, old.actor, old.actor_id, old.user_id, old.session_id, old.details)
        and new.ip is null and new.client_name is null then
      return new;
    end if;
  end if;
  raise exception 'the audit log is only added to';
end $$;
create trigger audit_events_kept before update or delete on audit_events for each row execute function refuse_audit_change();
create trigger audit_events_whole before truncate on audit_events for each statement execute function refuse_audit_change();
`,
}
