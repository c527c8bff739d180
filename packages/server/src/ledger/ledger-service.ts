import { MAX_BATCH_EVENTS } from '@promptmeter/contract'
import { PromptmeterError } from '../promptmeter-error.ts'
import { GroupCommit, type GroupCommitObserver } from './group-commit.ts'
import type { LedgerStore } from './ledger-store.ts'
import type { RecordedUsage, UsageCall } from './usage-call.ts'

/** Most events in one transaction: past this a batch gains little and its calls wait longer. */
const MAX_BATCH = 500

export interface LedgerOptions {
  readonly queueLimit: number
  readonly deadlineMs: number
  readonly observer?: GroupCommitObserver
  /** Told of every new event, once it is durable. */
  readonly recorded?: (prompts: number, tokens: number) => void
}

export type LedgerService = ReturnType<typeof createLedgerService>

export function createLedgerService(store: LedgerStore, { recorded, ...options }: LedgerOptions) {
  const groupCommit = new GroupCommit(store, {
    ...options,
    keyOf: ({ userId }) => userId,
    maxBatch: MAX_BATCH,
    queueLimitPerKey: Math.min(2 * MAX_BATCH_EVENTS, Math.ceil(options.queueLimit / 2)),
  })

  return {
    /** Events not answered yet. */
    get waiting(): number {
      return groupCommit.waiting
    },

    /**
     * Records one event; resolves once it is durable in every total.
     * @throws PromptmeterError `user_not_found`, `token_invalid`, `user_disabled`, `invalid_usage`,
     *   `idempotency_key_reused`, `overloaded`, `database_unavailable`; then nothing was counted, save that after
     *   `database_unavailable` it may have been
     */
    async record(call: UsageCall): Promise<RecordedUsage> {
      const outcome = await groupCommit.submit(call)
      if (outcome.kind === 'refused') throw new PromptmeterError(outcome.code, outcome.message)
      if (!outcome.replayed) recorded?.(call.prompts, call.tokens)
      return outcome
    },

    /** Resolves when every event that was accepted has been answered. */
    drain: () => groupCommit.drain(),
  }
}
