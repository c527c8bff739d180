import { plainArray } from '../database/array-literal.ts'
import type { Database, Transaction } from '../database/database.ts'
import { CommitUnknownError, isContention, isUnavailable } from '../database/database-errors.ts'
import { createFactsStore } from './facts-store.ts'
import { type BatchCommitter, DEFERRED } from './group-commit.ts'
import type { HoldRef } from './ledger-batch.ts'
import type { LedgerCall, LedgerOutcome } from './ledger-call.ts'
import { decideBatch } from './ledger-decision.ts'
import { FIND_EXPIRED_HOLDS, FIND_USERS } from './ledger-statements.ts'
import { recordDecision } from './record-store.ts'

export interface LedgerStore extends BatchCommitter<LedgerCall, LedgerOutcome> {
  /** Holds that have expired and were not swept yet, `limit` at most. */
  findExpiredHolds(limit: number): Promise<HoldRef[]>
}

/** Commits batches to the database. */
export function createLedgerStore(database: Database): LedgerStore {
  const factsStore = createFactsStore()
  return {
    commit: (calls) =>
      database.transaction(async (transaction) => {
        const { facts, newLabels, unwrittenUses } = await factsStore.find(transaction, calls)
        const busy = await findBusyUsers(transaction, calls, facts.users)
        const free = busy.size === 0 ? calls : calls.filter(({ userId }) => !busy.has(userId))
        const { outcomes, ...decided } = decideBatch(free, facts)
        await recordDecision(transaction, decided, { now: facts.now, newLabels, unwrittenUses })
        if (busy.size === 0) return outcomes
        const ready = outcomes.values()
        return calls.map(({ userId }) =>
          busy.has(userId) ? DEFERRED : (ready.next().value as LedgerOutcome),
        )
      }),

    async findExpiredHolds(limit) {
      const rows = await database.query<{ user_id: string; id: string }>(FIND_EXPIRED_HOLDS, [limit])
      return rows.map(({ user_id, id }) => ({ userId: user_id, holdId: id }))
    },

    classify(error) {
      if (error instanceof CommitUnknownError) return 'unknown'
      return isContention(error) || isUnavailable(error) ? 'retry' : 'rejected'
    },
  }
}

/** Users of the batch that are there, but locked by another transaction. */
async function findBusyUsers(
  transaction: Transaction,
  calls: readonly LedgerCall[],
  locked: ReadonlyMap<string, unknown>,
): Promise<ReadonlySet<string>> {
  const missing = new Set(calls.map(({ userId }) => userId))
  for (const id of locked.keys()) missing.delete(id)
  if (missing.size === 0) return missing
  const found = await transaction.query<{ id: string }>(FIND_USERS, [plainArray([...missing])])
  return new Set(found.map(({ id }) => id))
}
