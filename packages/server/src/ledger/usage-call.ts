import type { Refusal } from './refusal.ts'

/** One call that adds to a user's counts, as it waits for its batch. */
export interface UsageCall {
  readonly kind: 'usage'
  readonly userId: string
  /** The session it came by; the batch refuses it when the session has ended. */
  readonly sessionId: string
  readonly prompts: number
  readonly tokens: number
  readonly model: string | null
  readonly source: string | null
  /** As the client said, or null for now. */
  readonly occurredAt: Date | null
  readonly idempotencyKey: string | null
}

export type UsageOutcome = RecordedUsage | Refusal

export interface RecordedUsage {
  readonly kind: 'recorded'
  /** The user's counts after this very call. */
  readonly promptCount: number
  readonly tokenCount: number
  /** The user's limit on prompts, as `thresholdOf` has it. */
  readonly threshold: number
  /** True when the idempotency key had been recorded before: nothing was added now. */
  readonly replayed: boolean
}

/** The parts of a call that a retry under the same key must repeat. */
export type UsageBody = Pick<UsageCall, 'prompts' | 'tokens' | 'model' | 'source' | 'occurredAt'>

export function isSameBody(one: UsageBody, other: UsageBody): boolean {
  return (
    one.prompts === other.prompts &&
    one.tokens === other.tokens &&
    one.model === other.model &&
    one.source === other.source &&
    one.occurredAt?.getTime() === other.occurredAt?.getTime()
  )
}
