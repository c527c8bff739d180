import type {
  TrackUsageRequest,
  TrackUsageResponse,
  UsageHistoryQuery,
  UsageHistoryResponse,
} from '@promptmeter/contract'
import type { LedgerService } from '../ledger/ledger-service.ts'
import type { RecordedUsage } from '../ledger/usage-call.ts'
import { promptStanding } from '../quotas/limit-standing.ts'
import type { Principal } from '../sessions/session.ts'
import { historyRange } from './history-range.ts'
import { toUsageHistory } from './usage-history.ts'
import type { UsageStore } from './usage-store.ts'

export interface TrackedUsage {
  readonly response: TrackUsageResponse
  readonly replayed: boolean
}

export type UsageService = ReturnType<typeof createUsageService>

export function createUsageService(ledger: LedgerService, store: UsageStore) {
  return {
    /**
     * Counts one event. It records a fact, so it never refuses for being over the threshold.
     * @throws PromptmeterError as `LedgerService.record`
     */
    async track(
      principal: Principal,
      event: TrackUsageRequest,
      idempotencyKey: string | null,
    ): Promise<TrackedUsage> {
      const recorded = await ledger.record({
        kind: 'usage',
        userId: principal.userId,
        sessionId: principal.sessionId,
        prompts: event.usage ?? 0,
        tokens: event.tokenCount ?? 0,
        model: event.model ?? null,
        source: event.source ?? null,
        occurredAt: event.occurredAt === undefined ? null : new Date(event.occurredAt),
        idempotencyKey,
      })
      return { response: toTrackUsageResponse(recorded), replayed: recorded.replayed }
    },

    /**
     * Usage over time, from the rollups.
     * @throws PromptmeterError `invalid_request`
     */
    async history(userId: string, query: UsageHistoryQuery): Promise<UsageHistoryResponse> {
      const range = historyRange(query, new Date())
      const rows = await store.readRollups(userId, range, query.groupBy)
      return toUsageHistory(range, rows, query.groupBy !== undefined)
    },
  }
}

function toTrackUsageResponse({ promptCount, tokenCount, threshold }: RecordedUsage): TrackUsageResponse {
  return {
    message: 'Usage tracked successfully',
    currentPromptCount: promptCount,
    currentTokenCount: tokenCount,
    ...promptStanding(promptCount, threshold),
  }
}
