import type { Database, Statement, Transaction } from '../database/database.ts'
import { userFromRow } from '../users/user-row.ts'
import type { Correction, CorrectionOutcome } from './correction.ts'
import {
  type CorrectionFacts,
  type CorrectionWrite,
  decideCorrection,
  type RollupRow,
} from './correction-decision.ts'
import { refused } from './usage-call.ts'

/** The same lock as a batch of usage takes. $1 user id */
const LOCK_USER: Statement = {
  name: 'correction_lock_user',
  text: `select id, email, prompt_count, token_count, event_count, threshold, disabled_at, created_at
    from users where id = $1 for no key update`,
}

/** $1 user id; $2 the time it amends, or null for now; $3 idempotency key */
const FIND_FACTS: Statement = {
  name: 'correction_find_facts',
  text: `select a.now,
    (select json_build_object('kind', e.kind, 'prompts', e.prompts, 'tokens', e.tokens, 'model', e.model,
        'source', e.source, 'occurredAtMs', (extract(epoch from e.occurred_at) * 1000)::bigint,
        'reason', e.reason, 'promptCountAfter', e.prompt_count_after, 'tokenCountAfter', e.token_count_after)
      from usage_events e where e.user_id = $1 and e.idempotency_key = $3) as known_event,
    (select json_agg(h) from (select model, source, prompts, tokens from usage_hours
      where user_id = $1 and hour = date_trunc('hour', a.at, 'UTC')) h) as hour_rows,
    (select json_agg(d) from (select model, source, prompts, tokens from usage_days
      where user_id = $1 and day = (a.at at time zone 'UTC')::date) d) as day_rows
    from (select statement_timestamp() as now, coalesce($2::timestamptz, statement_timestamp()) as at) a`,
}

/**
 * $1 to $12 the event, with the counts after it; $13 the time it amends; $14, $15 labels of the rollups; $16, $17 what
 * the hour holds then; $18, $19 what the day holds then
 */
const RECORD: Statement = {
  name: 'correction_record',
  text: `with event as (
      insert into usage_events (user_id, seq, kind, prompts, tokens, model, source, occurred_at, idempotency_key,
        prompt_count_after, token_count_after, reason, recorded_at)
      values ($1, $2, 'correction', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ), counts as (
      update users set prompt_count = $9, token_count = $10, event_count = $2 where id = $1
    ), hour as (
      insert into usage_hours (user_id, hour, model, source, prompts, tokens)
      values ($1, date_trunc('hour', $13::timestamptz, 'UTC'), $14, $15, $16, $17)
      on conflict (user_id, hour, model, source)
        do update set prompts = excluded.prompts, tokens = excluded.tokens
    )
    insert into usage_days (user_id, day, model, source, prompts, tokens)
    values ($1, ($13::timestamptz at time zone 'UTC')::date, $14, $15, $18, $19)
    on conflict (user_id, day, model, source)
      do update set prompts = excluded.prompts, tokens = excluded.tokens`,
}

type UserRow = Parameters<typeof userFromRow>[0] & { event_count: number }

type KnownEvent = NonNullable<CorrectionFacts['knownEvent']>

interface FactsRow {
  now: Date
  known_event: (Omit<KnownEvent, 'occurredAt'> & { occurredAtMs: number | null }) | null
  hour_rows: RollupRow[] | null
  day_rows: RollupRow[] | null
}

export interface CorrectionStore {
  /** Decides the correction and writes it, in one transaction that holds the user's row. */
  commit(correction: Correction): Promise<CorrectionOutcome>
}

export function createCorrectionStore(database: Database): CorrectionStore {
  return {
    commit: (correction) =>
      database.transaction(async (transaction) => {
        const { userId, occurredAt, idempotencyKey } = correction
        const [[user], [facts]] = await Promise.all([
          transaction.query<UserRow>(LOCK_USER, [userId]),
          transaction.query<FactsRow>(FIND_FACTS, [userId, occurredAt, idempotencyKey]),
        ])
        if (user === undefined) return refused('user_not_found', 'User not found.')
        const { now } = facts as FactsRow
        const { outcome, write } = decideCorrection(correction, toFacts(user, facts as FactsRow))
        if (write !== null) await record(transaction, correction, write, now)
        return outcome
      }),
  }
}

function toFacts(user: UserRow, { now, known_event, hour_rows, day_rows }: FactsRow): CorrectionFacts {
  return {
    now,
    user: userFromRow(user),
    eventCount: user.event_count,
    knownEvent: known_event && toKnownEvent(known_event),
    hourRows: hour_rows ?? [],
    dayRows: day_rows ?? [],
  }
}

function toKnownEvent({ occurredAtMs, ...event }: NonNullable<FactsRow['known_event']>): KnownEvent {
  return { ...event, occurredAt: occurredAtMs === null ? null : new Date(occurredAtMs) }
}

async function record(
  transaction: Transaction,
  { userId, prompts, tokens, model, source, occurredAt, idempotencyKey, reason }: Correction,
  { seq, counts, labels, hour, day }: CorrectionWrite,
  now: Date,
): Promise<void> {
  await transaction.commitWith(RECORD, [
    userId,
    seq,
    prompts,
    tokens,
    model,
    source,
    occurredAt,
    idempotencyKey,
    counts.prompts,
    counts.tokens,
    reason,
    now,
    occurredAt ?? now,
    labels.model,
    labels.source,
    hour.prompts,
    hour.tokens,
    day.prompts,
    day.tokens,
  ])
}
