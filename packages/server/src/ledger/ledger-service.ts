import { MAX_BATCH_EVENTS } from '@promptmeter/contract'
import { PromptmeterError } from '../promptmeter-error.ts'
import { GroupCommit, type GroupCommitObserver } from './group-commit.ts'
import type {
  AbandonCall,
  HoldCall,
  HoldOutcome,
  ReleaseCall,
  RenewCall,
  SettleCall,
  Settled,
} from './hold-call.ts'
import { concludes, type LedgerCall, type OutcomeByKind } from './ledger-call.ts'
import type { LedgerStore } from './ledger-store.ts'
import type { RecordedUsage, UsageCall } from './usage-call.ts'

/** Most calls in one transaction: past this a batch gains little and its calls wait longer. */
const MAX_BATCH = 500

/** Most expired holds that are tidied at once. */
const SWEEP_SIZE = 500

export interface LedgerOptions {
  readonly queueLimit: number
  readonly deadlineMs: number
  readonly observer?: GroupCommitObserver
  /** Told of every new event of usage, once it is durable. */
  readonly recorded?: (prompts: number, tokens: number) => void
}

export type LedgerService = ReturnType<typeof createLedgerService>

export function createLedgerService(store: LedgerStore, { recorded, ...options }: LedgerOptions) {
  const groupCommit = new GroupCommit(store, {
    ...options,
    keyOf: ({ userId }) => userId,
    isUrgent: concludes,
    maxBatch: MAX_BATCH,
    queueLimitPerKey: Math.min(2 * MAX_BATCH_EVENTS, Math.ceil(options.queueLimit / 2)),
  })
  const submit = <Call extends LedgerCall>(call: Call) =>
    groupCommit.submit(call) as Promise<OutcomeByKind[Call['kind']]>

  return {
    /** Calls not answered yet. */
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
      const outcome = await submit(call)
      if (outcome.kind === 'refused') throw new PromptmeterError(outcome.code, outcome.message)
      if (!outcome.replayed) recorded?.(call.prompts, call.tokens)
      return outcome
    },

    /**
     * Holds what a call may cost against every limit of the user, or says which one refuses it. The decision is made
     * while the user's row is locked, so no two calls both see the last of something.
     * @throws PromptmeterError `overloaded`, `database_unavailable`: then it may be held, and expires by itself
     */
    hold: (call: HoldCall): Promise<HoldOutcome> => submit(call),

    /**
     * Records what a call used and takes its hold away, once however often it is called.
     * @throws PromptmeterError `user_not_found`; `database_unavailable`: then it may be recorded, and trying again is safe
     */
    async settle(call: SettleCall): Promise<Settled> {
      const outcome = await submit(call)
      if (outcome.kind === 'refused') throw new PromptmeterError(outcome.code, outcome.message)
      if (!outcome.replayed) recorded?.(1, call.usage.inputTokens + call.usage.outputTokens)
      return outcome
    },

    /** Gives a hold back. @throws PromptmeterError `database_unavailable`: then it expires by itself */
    async release(call: ReleaseCall): Promise<void> {
      await submit(call)
    },

    /**
     * Keeps a hold for another lifetime.
     * @throws PromptmeterError `hold_lost` when it has expired; `token_invalid`, `user_disabled`, `user_not_found` when
     *   the caller may not go on; `database_unavailable`
     */
    async renew(call: RenewCall): Promise<void> {
      const outcome = await submit(call)
      if (outcome.kind === 'refused') throw new PromptmeterError(outcome.code, outcome.message)
    },

    /**
     * Tidies holds whose replica died: each is recorded as abandoned, free for the user. They count for nothing from
     * the moment they expire, whether this runs or not.
     * @returns how many this replica has tidied
     */
    async sweep(): Promise<number> {
      const expired = await store.findExpiredHolds(SWEEP_SIZE)
      const outcomes = await Promise.all(
        expired.map((hold) => submit<AbandonCall>({ kind: 'abandon', ...hold })),
      )
      return outcomes.filter((outcome) => outcome.recorded).length
    },

    /** Resolves when every call that was accepted has been answered. */
    drain: () => groupCommit.drain(),
  }
}
