import type { Limit } from '@promptmeter/contract'
import type { HoldCall, HoldOutcome } from '../../src/ledger/hold-call.ts'
import type { BatchFacts } from '../../src/ledger/ledger-batch.ts'
import type { LedgerCall } from '../../src/ledger/ledger-call.ts'
import { type BatchDecision, decideBatch } from '../../src/ledger/ledger-decision.ts'
import type { UsageCall } from '../../src/ledger/usage-call.ts'
import type { LockedUser } from '../../src/ledger/user-account.ts'
import { NO_WINDOW_COUNTS, NOTHING } from '../../src/quotas/amounts.ts'
import type { Plan } from '../../src/quotas/plan.ts'
import type { Price } from '../../src/quotas/price.ts'
import { batchFacts, lockedUser, planOf } from './batch-facts.ts'
import { holdCall, usageCall } from './hold-calls.ts'

/** Twenty past ten on a Monday. */
export const NOW = new Date('2026-11-23T10:20:30Z')

/** A micro-dollar for a token of input, three for one of output. */
export const PRICE: Price = {
  model: 'gpt-5-mini',
  effectiveFrom: new Date(0),
  inputMicros: 1_000_000,
  cachedInputMicros: null,
  outputMicros: 3_000_000,
}

export function limit(meter: Limit['meter'], amount: number, window: Limit['window'] = 'lifetime'): Limit {
  return { meter, window, amount }
}

/** A hold of user `u` by session `s`. */
export function hold(fields: Partial<HoldCall> = {}): HoldCall {
  return holdCall({ userId: 'u', sessionId: 's' }, fields)
}

/** A call of `/trackUsage` by the same. */
export function track(fields: Partial<UsageCall>): UsageCall {
  return usageCall({ userId: 'u', sessionId: 's' }, fields)
}

/** What differs from a user with nothing used and nothing limited. */
export interface Situation extends Partial<Omit<BatchFacts, 'catalog'>> {
  readonly plan?: Partial<Plan>
  readonly user?: Partial<LockedUser>
  readonly prices?: readonly Price[]
}

function factsOf({ plan = {}, user = {}, prices = [PRICE], ...facts }: Situation): BatchFacts {
  const windows = { counts: NO_WINDOW_COUNTS, rateMinute: null, rateRequests: 0 }
  return batchFacts({
    now: NOW,
    catalog: { plans: new Map([['free', planOf(plan)]]), prices },
    users: new Map([['u', lockedUser({ windows, ...user })]]),
    ...facts,
  })
}

export function decide(calls: readonly LedgerCall[], situation: Situation = {}): BatchDecision {
  return decideBatch(calls, factsOf(situation))
}

export function decideHold(call: HoldCall, situation: Situation = {}): HoldOutcome {
  return decide([call], situation).outcomes[0] as HoldOutcome
}

/** The facts of a hold that is there. */
export function existing(call: HoldCall, { active = true, amounts = { ...NOTHING, prompts: 1 } } = {}) {
  const { holdId, model, source } = call
  return { knownHolds: new Map([[holdId, { amounts, active, model, source }]]) }
}
