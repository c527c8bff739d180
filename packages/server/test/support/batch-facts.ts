import type { BatchFacts, KnownEvent } from '../../src/ledger/ledger-batch.ts'
import type { LockedUser } from '../../src/ledger/user-account.ts'
import { NOTHING } from '../../src/quotas/amounts.ts'
import type { Plan } from '../../src/quotas/plan.ts'

export const FREE: Plan = {
  name: 'free',
  limits: [{ meter: 'prompts', window: 'lifetime', amount: 10 }],
  allowedModels: null,
  requestsPerMinute: null,
  concurrentCalls: null,
  defaultMaxTokens: null,
}

export function planOf(terms: Partial<Plan>): Plan {
  return { ...FREE, limits: [], ...terms }
}

export function lockedUser(fields: Partial<LockedUser> = {}): LockedUser {
  return {
    total: NOTHING,
    eventCount: 0,
    thresholdOverride: null,
    plan: 'free',
    overrides: null,
    disabled: false,
    countedHour: null,
    windows: null,
    ...fields,
  }
}

/** What the database would say of a batch with nothing in its way. */
export function batchFacts(fields: Partial<BatchFacts>): BatchFacts {
  return {
    now: new Date('2026-11-23T10:00:00Z'),
    catalog: { plans: new Map([['free', FREE]]), prices: [] },
    users: new Map(),
    endedSessions: new Set(),
    knownEvents: new Map(),
    held: new Map(),
    knownHolds: new Map(),
    settledHolds: new Set(),
    keysInFlight: new Set(),
    ...fields,
  }
}

export function knownEvent(fields: Partial<KnownEvent>): KnownEvent {
  return {
    kind: 'usage',
    holdId: null,
    prompts: 0,
    tokens: 0,
    cost: 0,
    model: null,
    source: null,
    occurredAt: null,
    inputTokens: null,
    cachedInputTokens: null,
    outputTokens: null,
    reasoningTokens: null,
    estimated: false,
    promptCountAfter: 0,
    tokenCountAfter: 0,
    ...fields,
  }
}
