import { randomUUIDv7 } from 'node:crypto'
import type {
  AbandonCall,
  HoldCall,
  ReleaseCall,
  RenewCall,
  SettleCall,
  TokenUsage,
} from '../../src/ledger/hold-call.ts'
import type { UsageCall } from '../../src/ledger/usage-call.ts'
import type { Principal } from '../../src/sessions/session.ts'

export const NO_TOKENS: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  estimated: false,
}

/** 30 tokens, of all kinds. */
export const SOME_TOKENS: TokenUsage = {
  inputTokens: 10,
  cachedInputTokens: 4,
  outputTokens: 20,
  reasoningTokens: 5,
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

export function releaseCall({ userId, holdId }: HoldCall): ReleaseCall {
  return { kind: 'release', userId, holdId }
}

export function renewCall({ userId, sessionId, holdId, lifetimeMs }: HoldCall): RenewCall {
  return { kind: 'renew', userId, sessionId, holdId, lifetimeMs }
}

export function abandonCall({ userId, holdId }: HoldCall): AbandonCall {
  return { kind: 'abandon', userId, holdId }
}

/** A call of `/trackUsage` that counts nothing. */
export function usageCall({ userId, sessionId }: Principal, fields: Partial<UsageCall> = {}): UsageCall {
  return {
    kind: 'usage',
    userId,
    sessionId,
    prompts: 0,
    tokens: 0,
    model: null,
    source: null,
    occurredAt: null,
    idempotencyKey: null,
    ...fields,
  }
}
