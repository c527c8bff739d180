import { MAX_COUNT } from '@promptmeter/contract'
import type {
  AbandonCall,
  Abandoned,
  ReleaseCall,
  Released,
  RenewCall,
  Renewed,
  SettleCall,
  Settled,
} from './hold-call.ts'
import type { LedgerBatch } from './ledger-batch.ts'
import { type Refusal, refused } from './refusal.ts'
import { UserAccount } from './user-account.ts'

/**
 * Records what a call used, once for each hold. A late one, its hold expired or swept meanwhile, is recorded all the
 * same: it happened.
 */
export function decideSettle(call: SettleCall, batch: LedgerBatch): Settled | Refusal {
  const { userId, holdId, model, source, usage } = call
  const account = batch.accountOf(userId)
  if (account === null) return refused('user_not_found', 'User not found.')
  if (batch.isSettled(holdId)) return { kind: 'settled', replayed: true, tokensBeyond: 0 }

  const hold = batch.findHold(holdId)
  batch.end(account, call, 'settled')
  const { prompts, tokens, cost } = account.total
  const used = usage.inputTokens + usage.outputTokens
  // Another call may have taken the key once the hold had expired; the hold is what names this one.
  const keyTaken = batch.findEvent(userId, call.idempotencyKey) !== undefined
  batch.record(account, {
    kind: 'usage',
    // A count never passes what JSON carries: at the very end of the range the fact matters more than the number.
    prompts: Math.min(1, MAX_COUNT - prompts),
    tokens: Math.min(used, MAX_COUNT - tokens),
    cost: Math.min(call.cost, MAX_COUNT - cost),
    model,
    source,
    occurredAt: null,
    idempotencyKey: keyTaken ? null : call.idempotencyKey,
    usage,
    holdId,
  })
  // A hold without tokens was made where no limit counts them.
  const heldTokens = hold?.amounts.tokens ?? 0
  return {
    kind: 'settled',
    replayed: false,
    tokensBeyond: heldTokens === 0 ? 0 : Math.max(0, used - heldTokens),
  }
}

export function decideRelease(call: ReleaseCall, batch: LedgerBatch): Released {
  const account = batch.accountOf(call.userId)
  if (account !== null) batch.end(account, call, 'ended')
  return { kind: 'released' }
}

/** Whoever is signed out or disabled meanwhile keeps nothing: the call ends. */
export function decideRenew(call: RenewCall, batch: LedgerBatch): Renewed | Refusal {
  const account = batch.admit(call)
  if (!(account instanceof UserAccount)) return account
  if (!batch.findHold(call.holdId)?.active) {
    return refused('hold_lost', 'The call took too long to be kept up, and was ended.')
  }
  const expiresAt = new Date(batch.facts.now.getTime() + call.lifetimeMs)
  batch.renew(call, expiresAt)
  return { kind: 'renewed' }
}

export function decideAbandon(call: AbandonCall, batch: LedgerBatch): Abandoned {
  const account = batch.accountOf(call.userId)
  const hold = batch.findHold(call.holdId)
  if (account === null || hold === null || hold.active) return { kind: 'abandoned', recorded: false }
  batch.end(account, call, 'ended')
  const { model, source } = hold
  batch.record(account, {
    kind: 'abandoned',
    prompts: 0,
    tokens: 0,
    cost: 0,
    model,
    source,
    occurredAt: null,
    idempotencyKey: null,
    usage: null,
    holdId: call.holdId,
  })
  return { kind: 'abandoned', recorded: true }
}
