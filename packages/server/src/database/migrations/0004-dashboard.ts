import type { Migration } from './migration.ts'

export const dashboard: Migration = {
  name: '0004-dashboard',
  sql: `
create table operator_sessions (
  id               uuid primary key,
  link_mac         text not null unique,
  link_expires_at  timestamptz not null,
  session_mac      text unique,
  expires_at       timestamptz,
  created_at       timestamptz not null default now()
);
comment on table operator_sessions is 'One-time links that open the dashboard as the operator, and the browsers that followed one. Secrets are kept as MACs under a key made from JWT_SECRET';
comment on column operator_sessions.session_mac is 'Null until the link was followed, which happens once';

create table refusals (
  hour   timestamptz not null,
  code   text not null,
  count  bigint not null check (count > 0),
  primary key (hour, code)
);
comment on table refusals is 'Calls that were refused per hour (UTC) and error code, of nobody in particular. Added to some seconds later, so a crash may lose the last ones';

create index usage_hours_hour on usage_hours (hour);
create index usage_days_day on usage_days (day);
`,
}
