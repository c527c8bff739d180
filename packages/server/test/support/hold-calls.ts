import { randomUUIDv7 } from 'node:crypto'
import type { HoldCall, SettleCall, TokenUsage } from '../../src/ledger/hold-call.ts'
import type { Principal } from '../../src/sessions/session.ts'

export const NO_TOKENS: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  estimated: false,
}

/** A hold of one prompt, that weighs nothing else. */
export function holdCall(principal: Principal, fields: Partial<HoldCall> = {}): HoldCall {
  return {
    kind: 'hold',
    ...principal,
    holdId: randomUUIDv7(),
    model: 'gpt-5-mini',
    source: null,
    idempotencyKey: null,
    inputTokens: 0,
    answers: 1,
    maxTokens: null,
    unboundedPart: null,
    lifetimeMs: 60_000,
    ...fields,
  }
}

export function settleCall(hold: HoldCall, fields: Partial<SettleCall> = {}): SettleCall {
  const { userId, holdId, model, source, idempotencyKey } = hold
  return {
    kind: 'settle',
    userId,
    holdId,
    model,
    source,
    idempotencyKey,
    usage: NO_TOKENS,
    cost: 0,
    ...fields,
  }
}
