import type { Database, Statement, Transaction } from '../database/database.ts'
import { type UserRow, userFromRow, userSelectionOf } from '../users/user-row.ts'
import type { Correction, CorrectionOutcome } from './correction.ts'
import {
  type CorrectionFacts,
  type CorrectionWrite,
  decideCorrection,
  type RollupRow,
} from './correction-decision.ts'
import { refused } from './refusal.ts'
import { windowUpdates } from './window-statements.ts'

/** The same lock as a batch of usage takes. $1 user id */
const LOCK_USER: Statement = {
  name: 'correction_lock_user',
  text: `select ${userSelectionOf('u')}, u.event_count from users u where u.id = $1 for no key update of u`,
}

/** $1 user id; $2 the time it amends, or null for now; $3 idempotency key */
const FIND_FACTS: Statement = {
  name: 'correction_find_facts',
  text: `select a.now,
    (select json_build_object('kind', e.kind, 'prompts', e.prompts, 'tokens', e.tokens,
        'cost', e.cost_micros, 'model', e.model, 'source', e.source, 'occurredAtMs', (extract(epoch from e.occurred_at) * 1000)::bigint,
        'reason', e.reason, 'promptCountAfter', e.prompt_count_after, 'tokenCountAfter', e.token_count_after)
      from usage_events e where e.user_id = $1 and e.idempotency_key = $3) as known_event,
    (select json_agg(h) from (select model, source, prompts, tokens, cost_micros as cost from usage_hours
      where user_id = $1 and hour = date_trunc('hour', a.at, 'UTC')) h) as hour_rows,
    (select json_agg(d) from (select model, source, prompts, tokens, cost_micros as cost from usage_days
      where user_id = $1 and day = (a.at at time zone 'UTC')::date) d) as day_rows
    from (select statement_timestamp() as now, coalesce($2::timestamptz, statement_timestamp()) as at) a`,
}

/**
 * $1 to $13 the event, with the counts after it; $14 the cost of the user after it; $15 the time it amends; $16, $17
 * labels of the rollups; $18 to $20 what the hour holds then; $21 to $23 what the day holds then; $24 to $26 the hour
 * of the windows, those it belongs to, those that begin anew
 */
const RECORD: Statement = {
  name: 'correction_record',
  text: `with event as (
      insert into usage_events (user_id, seq, kind, prompts, tokens, cost_micros, model, source, occurred_at,
        idempotency_key, prompt_count_after, token_count_after, reason, recorded_at)
      values ($1, $2, 'correction', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    ), counts as (
      update users set prompt_count = $10, token_count = $11, cost_micros = $14, event_count = $2,
        ${windowUpdates({ begun: '$26::integer', into: '$25::integer', prompts: '$3::bigint', tokens: '$4::bigint', cost: '$5::bigint' })},
        counted_hour = $24
      where id = $1
    ), hour as (
      insert into usage_hours (user_id, hour, model, source, prompts, tokens, cost_micros)
      values ($1, date_trunc('hour', $15::timestamptz, 'UTC'), $16, $17, $18, $19, $20)
      on conflict (user_id, hour, model, source) do update
        set prompts = excluded.prompts, tokens = excluded.tokens, cost_micros = excluded.cost_micros
    )
    insert into usage_days (user_id, day, model, source, prompts, tokens, cost_micros)
    values ($1, ($15::timestamptz at time zone 'UTC')::date, $16, $17, $21, $22, $23)
    on conflict (user_id, day, model, source) do update
      set prompts = excluded.prompts, tokens = excluded.tokens, cost_micros = excluded.cost_micros`,
}

type LockedRow = UserRow & { event_count: number }

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
          transaction.query<LockedRow>(LOCK_USER, [userId]),
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

function toFacts(user: LockedRow, { now, known_event, hour_rows, day_rows }: FactsRow): CorrectionFacts {
  return {
    now,
    user: userFromRow(user),
    eventCount: user.event_count,
    countedHour: user.counted_hour,
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
  { userId, prompts, tokens, cost, model, source, occurredAt, idempotencyKey, reason }: Correction,
  { seq, counts, labels, hour, day, windows }: CorrectionWrite,
  now: Date,
): Promise<void> {
  await transaction.commitWith(RECORD, [
    userId,
    seq,
    prompts,
    tokens,
    cost,
    model,
    source,
    occurredAt,
    idempotencyKey,
    counts.prompts,
    counts.tokens,
    reason,
    now,
    counts.cost,
    occurredAt ?? now,
    labels.model,
    labels.source,
    hour.prompts,
    hour.tokens,
    hour.cost,
    day.prompts,
    day.tokens,
    day.cost,
    windows.hour,
    windows.into,
    windows.begun,
  ])
}
