import type { LimitStanding } from '../quotas/limit-standing.ts'
import type { TokenUse, UnitPrices } from '../quotas/price.ts'
import type { QuotaReport } from '../quotas/quota-report.ts'
import type { Refusal } from './refusal.ts'

interface HoldReference {
  readonly userId: string
  readonly holdId: string
}

/** Asks to reserve what a call of the upstream may cost, before it is made. */
export interface HoldCall extends HoldReference {
  readonly kind: 'hold'
  readonly sessionId: string
  readonly model: string | null
  readonly source: string | null
  readonly idempotencyKey: string | null
  /** What the request weighs; null as long as nobody has counted. */
  readonly inputTokens: number | null
  /** Answers the upstream makes at most, each up to the cap; 0 for embeddings, which have none. */
  readonly answers: number
  /** The most tokens one answer may have as the request says, or null. */
  readonly maxTokens: number | null
  /** What in the request makes its worst case unknowable, or null. */
  readonly unboundedPart: string | null
  readonly lifetimeMs: number
}

export interface Held {
  readonly kind: 'held'
  /** The most tokens one answer may have, where tokens or cost are limited; else null, and the request goes as it is. */
  readonly maxTokens: number | null
  /** What the call will be charged by; null where the model has no price. */
  readonly price: UnitPrices | null
  readonly quota: QuotaReport
  /** The same without this call, for an answer that is free. */
  readonly quotaBefore: QuotaReport
}

/** Tokens or cost are limited, and the call has to say how many tokens it brings. */
export interface TokensNeeded {
  readonly kind: 'tokens_needed'
}

export interface HoldRefusal extends Refusal {
  /** The limit that is reached, where one is. */
  readonly limit?: LimitStanding
  /** What was recorded under the idempotency key. */
  readonly recorded?: RecordedCall
  readonly quota?: QuotaReport
}

export type HoldOutcome = Held | TokensNeeded | HoldRefusal

/** What a call was charged. */
export interface RecordedCall {
  readonly prompts: number
  readonly tokens: number
  readonly cost: number
  readonly inputTokens: number | null
  readonly cachedInputTokens: number | null
  readonly outputTokens: number | null
  readonly reasoningTokens: number | null
  readonly estimated: boolean
}

/** What a call really used. */
export interface TokenUsage extends TokenUse {
  /** A part of the output. */
  readonly reasoningTokens: number
  /** True when our own tokenizer counted, for the upstream told no numbers. */
  readonly estimated: boolean
}

/** Turns a hold into an event. It records a fact, so nothing refuses it but that its user is gone. */
export interface SettleCall extends HoldReference {
  readonly kind: 'settle'
  readonly model: string | null
  readonly source: string | null
  readonly idempotencyKey: string | null
  readonly usage: TokenUsage
  /** Micro-dollars. */
  readonly cost: number
}

export interface Settled {
  readonly kind: 'settled'
  /** True when this hold had been settled before: nothing was added now. */
  readonly replayed: boolean
  /** Tokens used past those that were held. */
  readonly tokensBeyond: number
}

/** Gives a hold back: nothing is charged. */
export interface ReleaseCall extends HoldReference {
  readonly kind: 'release'
}

export interface Released {
  readonly kind: 'released'
}

/** Keeps a hold of a call that still runs. */
export interface RenewCall extends HoldReference {
  readonly kind: 'renew'
  readonly sessionId: string
  readonly lifetimeMs: number
}

export interface Renewed {
  readonly kind: 'renewed'
}

/** Tidies a hold that has expired: its replica died. The call is recorded as abandoned, free for the user. */
export interface AbandonCall extends HoldReference {
  readonly kind: 'abandon'
}

export interface Abandoned {
  readonly kind: 'abandoned'
  /** False when somebody else was quicker. */
  readonly recorded: boolean
}
