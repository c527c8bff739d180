import { retryContention } from '../database/retry-contention.ts'
import { PromptmeterError, userNotFound } from '../promptmeter-error.ts'
import { isId } from '../users/user.ts'
import type { Correction, RecordedCorrection } from './correction.ts'
import type { CorrectionStore } from './correction-store.ts'

export type CorrectionService = ReturnType<typeof createCorrectionService>

/** @param deadlineMs longest a correction is tried again while others write to the same user */
export function createCorrectionService(store: CorrectionStore, { deadlineMs }: { deadlineMs: number }) {
  return {
    /**
     * Amends the counts of a user, disabled or not, and the bucket of the history that it names; resolves once both
     * are durable.
     * @throws PromptmeterError `user_not_found`, `invalid_usage`, `below_zero`, `idempotency_key_reused`; then nothing
     *   was amended. After `database_unavailable` it may have been, and the idempotency key tells
     */
    async correct(correction: Correction): Promise<RecordedCorrection> {
      if (!isId(correction.userId)) throw userNotFound()
      const outcome = await retryContention(deadlineMs, () => store.commit(correction))
      if (outcome.kind === 'refused') throw new PromptmeterError(outcome.code, outcome.message)
      return outcome
    },
  }
}
