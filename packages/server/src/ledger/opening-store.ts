import { instantArray, plainArray, textArray } from '../database/array-literal.ts'
import type { Database, Statement } from '../database/database.ts'
import type { Opening } from './opening.ts'

/**
 * One statement, so each user is there with the opening event and its rollups, or not at all. Whoever is there already
 * is left alone. $1 to $6 users
 */
const OPEN: Statement = {
  name: 'ledger_open',
  text: `with given as materialized (
      select *, coalesce(created_at, statement_timestamp()) as at
      from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[])
        given(id, email, threshold, prompts, tokens, created_at)
    ), added as (
      insert into users (id, email, threshold, prompt_count, token_count, event_count, created_at)
      select id, email, threshold, prompts, tokens, (prompts > 0 or tokens > 0)::int, at from given
      on conflict (email) do nothing
      returning id, email
    ), opened as materialized (
      select given.* from given join added using (id) where prompts > 0 or tokens > 0
    ), events as (
      insert into usage_events (user_id, seq, kind, prompts, tokens, occurred_at, recorded_at,
        prompt_count_after, token_count_after)
      select id, 1, 'opening', prompts, tokens, created_at, statement_timestamp(), prompts, tokens from opened
    ), hours as (
      insert into usage_hours (user_id, hour, model, source, prompts, tokens)
      select id, date_trunc('hour', at, 'UTC'), '', '', prompts, tokens from opened
    ), days as (
      insert into usage_days (user_id, day, model, source, prompts, tokens)
      select id, (at at time zone 'UTC')::date, '', '', prompts, tokens from opened
    )
    select email from added`,
}

export interface OpeningStore {
  /** Adds the users whose addresses are free; gives these addresses. No address may come twice. */
  open(openings: readonly Opening[]): Promise<ReadonlySet<string>>
}

export function createOpeningStore(database: Database): OpeningStore {
  return {
    async open(openings) {
      // In one order, or two imports of the same addresses could wait for each other in a circle.
      const sorted = openings.toSorted((one, other) => (one.email < other.email ? -1 : 1))
      const rows = await database.query<{ email: string }>(OPEN, [
        plainArray(sorted.map(({ id }) => id)),
        textArray(sorted.map(({ email }) => email)),
        plainArray(sorted.map(({ threshold }) => threshold ?? 'NULL')),
        plainArray(sorted.map(({ prompts }) => prompts)),
        plainArray(sorted.map(({ tokens }) => tokens)),
        instantArray(sorted.map(({ createdAt }) => createdAt)),
      ])
      return new Set(rows.map(({ email }) => email))
    },
  }
}
