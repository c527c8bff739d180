import { decideHold } from './hold-decision.ts'
import { decideAbandon, decideRelease, decideRenew, decideSettle } from './hold-end-decision.ts'
import { type BatchFacts, type DecidedBatch, LedgerBatch } from './ledger-batch.ts'
import type { LedgerCall, LedgerOutcome } from './ledger-call.ts'
import { decideUsage } from './usage-decision.ts'

export interface BatchDecision extends DecidedBatch {
  readonly outcomes: readonly LedgerOutcome[]
}

/**
 * Decides a batch in arrival order: calls of one user see what those before them used and hold, and a key repeated
 * inside the batch is a replay.
 */
export function decideBatch(calls: readonly LedgerCall[], facts: BatchFacts): BatchDecision {
  const batch = new LedgerBatch(facts)
  const outcomes = calls.map((call) => decide(call, batch))
  const { events, newHolds, endedHolds, renewedHolds, usedSessions, changedAccounts } = batch
  return { outcomes, events, newHolds, endedHolds, renewedHolds, usedSessions, changedAccounts }
}

function decide(call: LedgerCall, batch: LedgerBatch): LedgerOutcome {
  switch (call.kind) {
    case 'usage':
      return decideUsage(call, batch)
    case 'hold':
      return decideHold(call, batch)
    case 'settle':
      return decideSettle(call, batch)
    case 'release':
      return decideRelease(call, batch)
    case 'renew':
      return decideRenew(call, batch)
    case 'abandon':
      return decideAbandon(call, batch)
  }
}
