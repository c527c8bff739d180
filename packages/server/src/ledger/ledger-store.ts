import { instantArray, plainArray, textArray } from '../database/array-literal.ts'
import type { Database, Transaction } from '../database/database.ts'
import { CommitUnknownError, isContention, isUnavailable } from '../database/database-errors.ts'
import { type BatchCommitter, DEFERRED } from './group-commit.ts'
import { FIND_FACTS, FIND_USERS, LOCK_USERS, RECORD } from './ledger-statements.ts'
import { rollUp } from './rollup-store.ts'
import type { UsageCall, UsageOutcome } from './usage-call.ts'
import {
  type BatchFacts,
  decideBatch,
  type KnownEvent,
  keyedEvent,
  type LockedUser,
  type NewEvent,
} from './usage-decision.ts'

export type LedgerStore = BatchCommitter<UsageCall, UsageOutcome>

interface UserRow {
  id: string
  prompt_count: number
  token_count: number
  event_count: number
  threshold: number | null
  disabled: boolean
}

interface FactsRow {
  now: Date
  ended_sessions: string[] | null
  unwritten_uses: { userId: string; sessionId: string }[] | null
  known_events:
    | (Omit<KnownEvent, 'occurredAt'> & {
        userId: string
        idempotencyKey: string
        occurredAtMs: number | null
      })[]
    | null
  new_labels: number[] | null
}

/** Commits batches of usage to the database. */
export function createLedgerStore(database: Database): LedgerStore {
  return {
    commit: (calls) =>
      database.transaction(async (transaction) => {
        const labels = distinctLabels(calls)
        const [users, facts] = await Promise.all([
          lockUsers(transaction, calls),
          findFacts(transaction, calls, labels),
        ])
        const busy = await findBusyUsers(transaction, calls, users)
        const free = busy.size === 0 ? calls : calls.filter(({ userId }) => !busy.has(userId))
        const { outcomes, events } = decideBatch(free, toBatchFacts(users, facts))
        if (events.length > 0) {
          const newLabels = (facts.new_labels ?? []).map((index) => labels[index] as UsageCall)
          await record(transaction, events, facts, newLabels)
        }
        if (busy.size === 0) return outcomes
        const decided = outcomes.values()
        return calls.map(({ userId }) =>
          busy.has(userId) ? DEFERRED : (decided.next().value as UsageOutcome),
        )
      }),

    classify(error) {
      if (error instanceof CommitUnknownError) return 'unknown'
      return isContention(error) || isUnavailable(error) ? 'retry' : 'rejected'
    },
  }
}

async function lockUsers(transaction: Transaction, calls: readonly UsageCall[]): Promise<UserRow[]> {
  const ids = new Set(calls.map(({ userId }) => userId))
  return transaction.query<UserRow>(LOCK_USERS, [plainArray([...ids])])
}

/** Users of the batch that are there, but locked by another transaction. */
async function findBusyUsers(
  transaction: Transaction,
  calls: readonly UsageCall[],
  locked: readonly UserRow[],
): Promise<ReadonlySet<string>> {
  const missing = new Set(calls.map(({ userId }) => userId))
  for (const { id } of locked) missing.delete(id)
  if (missing.size === 0) return missing
  const found = await transaction.query<{ id: string }>(FIND_USERS, [plainArray([...missing])])
  return new Set(found.map(({ id }) => id))
}

async function findFacts(
  transaction: Transaction,
  calls: readonly UsageCall[],
  labels: readonly UsageCall[],
): Promise<FactsRow> {
  const sessions = new Map(calls.map(({ sessionId, userId }) => [sessionId, userId]))
  const keyed = calls.filter(({ idempotencyKey }) => idempotencyKey !== null)
  const [row] = await transaction.query<FactsRow>(FIND_FACTS, [
    plainArray([...sessions.values()]),
    plainArray([...sessions.keys()]),
    plainArray(keyed.map(({ userId }) => userId)),
    textArray(keyed.map(({ idempotencyKey }) => idempotencyKey)),
    plainArray(labels.map(({ userId }) => userId)),
    instantArray(labels.map(({ occurredAt }) => occurredAt)),
    textArray(labels.map(({ model }) => model ?? '')),
    textArray(labels.map(({ source }) => source ?? '')),
  ])
  return row as FactsRow
}

/** One call for each model and source a user names in this batch. Those that name neither are never folded. */
function distinctLabels(calls: readonly UsageCall[]): UsageCall[] {
  const distinct = new Map<string, UsageCall>()
  for (const call of calls) {
    if (call.model === null && call.source === null) continue
    const day = call.occurredAt?.toISOString().slice(0, 10) ?? ''
    distinct.set(`${call.userId}${day}\n${call.model ?? ''}\n${call.source ?? ''}`, call)
  }
  return [...distinct.values()]
}

function toBatchFacts(users: readonly UserRow[], facts: FactsRow): BatchFacts {
  return {
    now: facts.now,
    users: new Map(users.map((row) => [row.id, lockedUserFromRow(row)])),
    endedSessions: new Set(facts.ended_sessions),
    knownEvents: new Map(
      facts.known_events?.map(({ userId, idempotencyKey, occurredAtMs, ...event }) => [
        keyedEvent(userId, idempotencyKey),
        { ...event, occurredAt: occurredAtMs === null ? null : new Date(occurredAtMs) },
      ]),
    ),
  }
}

function lockedUserFromRow(row: UserRow): LockedUser {
  return {
    promptCount: row.prompt_count,
    tokenCount: row.token_count,
    eventCount: row.event_count,
    thresholdOverride: row.threshold,
    disabled: row.disabled,
  }
}

async function record(
  transaction: Transaction,
  events: readonly NewEvent[],
  facts: FactsRow,
  newLabels: readonly UsageCall[],
): Promise<void> {
  const { now } = facts
  const rollups = await rollUp(transaction, events, now, newLabels)
  // The last event of a user carries the counts that the user ends with.
  const latest = [...new Map(events.map((event) => [event.call.userId, event])).values()]
  const recordedSessions = new Set(facts.unwritten_uses && events.map(({ call }) => call.sessionId))
  const uses = (facts.unwritten_uses ?? []).filter(({ sessionId }) => recordedSessions.has(sessionId))

  await transaction.commitWith(RECORD, [
    plainArray(events.map(({ call }) => call.userId)),
    plainArray(events.map(({ seq }) => seq)),
    plainArray(events.map(({ call }) => call.prompts)),
    plainArray(events.map(({ call }) => call.tokens)),
    textArray(events.map(({ call }) => call.model)),
    textArray(events.map(({ call }) => call.source)),
    instantArray(events.map(({ call }) => call.occurredAt)),
    textArray(events.map(({ call }) => call.idempotencyKey)),
    plainArray(events.map(({ promptCountAfter }) => promptCountAfter)),
    plainArray(events.map(({ tokenCountAfter }) => tokenCountAfter)),
    now,
    plainArray(latest.map(({ call }) => call.userId)),
    plainArray(latest.map(({ promptCountAfter }) => promptCountAfter)),
    plainArray(latest.map(({ tokenCountAfter }) => tokenCountAfter)),
    plainArray(latest.map(({ seq }) => seq)),
    plainArray(rollups.map(({ userId }) => userId)),
    instantArray(rollups.map(({ hour }) => hour)),
    textArray(rollups.map(({ model }) => model)),
    textArray(rollups.map(({ source }) => source)),
    plainArray(rollups.map(({ prompts }) => prompts)),
    plainArray(rollups.map(({ tokens }) => tokens)),
    plainArray(uses.map(({ userId }) => userId)),
    plainArray(uses.map(({ sessionId }) => sessionId)),
  ])
}
