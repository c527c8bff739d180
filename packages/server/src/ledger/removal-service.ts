import { retryContention } from '../database/retry-contention.ts'
import { userNotFound } from '../promptmeter-error.ts'
import { isId } from '../users/user.ts'
import type { RemovalStore } from './removal-store.ts'

export type RemovalService = ReturnType<typeof createRemovalService>

/** @param deadlineMs longest a removal is tried again while others write to the same user */
export function createRemovalService(store: RemovalStore, { deadlineMs }: { deadlineMs: number }) {
  return {
    /**
     * Deletes a user and everything kept of them. The user's tokens find nobody from the very next request on.
     * @throws PromptmeterError `user_not_found`
     */
    async remove(userId: string): Promise<void> {
      const removed = isId(userId) && (await retryContention(deadlineMs, () => store.remove(userId)))
      if (!removed) throw userNotFound()
    },
  }
}
