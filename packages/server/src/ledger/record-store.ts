import { instantArray, plainArray, textArray } from '../database/array-literal.ts'
import type { Transaction } from '../database/database.ts'
import type { FoundFacts } from './facts-store.ts'
import type { DecidedBatch, NewEvent } from './ledger-batch.ts'
import { RECORD } from './ledger-statements.ts'
import { rollUp } from './rollup-store.ts'

export interface RecordContext extends Pick<FoundFacts, 'newLabels' | 'unwrittenUses'> {
  readonly now: Date
}

/** Writes what was decided, and commits. Where there is nothing to write the transaction is left to be rolled back. */
export async function recordDecision(
  transaction: Transaction,
  { events, newHolds, endedHolds, renewedHolds, usedSessions, changedAccounts: users }: DecidedBatch,
  { now, newLabels, unwrittenUses }: RecordContext,
): Promise<void> {
  if (events.length + newHolds.length + endedHolds.length + renewedHolds.length === 0) return
  const rollups = await rollUp(transaction, events, now, newLabels)
  const uses = unwrittenUses.filter(({ sessionId }) => usedSessions.has(sessionId))
  const used = (read: (usage: NonNullable<NewEvent['usage']>) => number) =>
    plainArray(events.map(({ usage }) => (usage === null ? 'NULL' : read(usage))))

  await transaction.commitWith(RECORD, [
    now,
    plainArray(events.map(({ userId }) => userId)),
    plainArray(events.map(({ seq }) => seq)),
    plainArray(events.map(({ prompts }) => prompts)),
    plainArray(events.map(({ tokens }) => tokens)),
    textArray(events.map(({ model }) => model)),
    textArray(events.map(({ source }) => source)),
    instantArray(events.map(({ occurredAt }) => occurredAt)),
    textArray(events.map(({ idempotencyKey }) => idempotencyKey)),
    plainArray(events.map(({ promptCountAfter }) => promptCountAfter)),
    plainArray(events.map(({ tokenCountAfter }) => tokenCountAfter)),
    plainArray(events.map(({ kind }) => kind)),
    plainArray(events.map(({ cost }) => cost)),
    used(({ inputTokens }) => inputTokens),
    used(({ cachedInputTokens }) => cachedInputTokens),
    used(({ outputTokens }) => outputTokens),
    used(({ reasoningTokens }) => reasoningTokens),
    plainArray(events.map(({ usage }) => String(usage?.estimated ?? false))),
    plainArray(events.map(({ holdId }) => holdId ?? 'NULL')),
    plainArray(users.map(({ id }) => id)),
    plainArray(users.map(({ total }) => total.prompts)),
    plainArray(users.map(({ total }) => total.tokens)),
    plainArray(users.map(({ total }) => total.cost)),
    plainArray(users.map(({ eventCount }) => eventCount)),
    plainArray(users.map(({ hour }) => hour)),
    plainArray(users.map(({ begun }) => begun)),
    plainArray(users.map(({ rate }) => rate?.minute ?? 'NULL')),
    plainArray(users.map(({ rate }) => rate?.requests ?? 'NULL')),
    plainArray(rollups.map(({ userId }) => userId)),
    instantArray(rollups.map(({ hour }) => hour)),
    textArray(rollups.map(({ model }) => model)),
    textArray(rollups.map(({ source }) => source)),
    plainArray(rollups.map(({ prompts }) => prompts)),
    plainArray(rollups.map(({ tokens }) => tokens)),
    plainArray(rollups.map(({ cost }) => cost)),
    plainArray(uses.map(({ userId }) => userId)),
    plainArray(uses.map(({ sessionId }) => sessionId)),
    plainArray(newHolds.map(({ userId }) => userId)),
    plainArray(newHolds.map(({ holdId }) => holdId)),
    textArray(newHolds.map(({ model }) => model)),
    textArray(newHolds.map(({ source }) => source)),
    textArray(newHolds.map(({ idempotencyKey }) => idempotencyKey)),
    plainArray(newHolds.map(({ amounts }) => amounts.tokens)),
    plainArray(newHolds.map(({ amounts }) => amounts.cost)),
    instantArray(newHolds.map(({ expiresAt }) => expiresAt)),
    plainArray(endedHolds.map(({ userId }) => userId)),
    plainArray(endedHolds.map(({ holdId }) => holdId)),
    plainArray(renewedHolds.map(({ userId }) => userId)),
    plainArray(renewedHolds.map(({ holdId }) => holdId)),
    instantArray(renewedHolds.map(({ expiresAt }) => expiresAt)),
  ])
}
