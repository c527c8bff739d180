import type { OverviewQuery, OverviewResponse } from '@promptmeter/contract'
import { historyRange } from '../usage/history-range.ts'
import type { StandingService } from '../users/standing-service.ts'
import { createAnswerMemory } from './answer-memory.ts'
import { toOverview } from './overview.ts'
import type { OverviewStore } from './overview-store.ts'
import type { RefusalService } from './refusal-service.ts'

export interface OverviewServiceParts {
  readonly store: OverviewStore
  readonly standings: StandingService
  readonly refusals: RefusalService
}

export type OverviewService = ReturnType<typeof createOverviewService>

export function createOverviewService({ store, standings, refusals }: OverviewServiceParts) {
  const remembered = createAnswerMemory<OverviewResponse>()

  return {
    /**
     * What all users use, and how they stand; some seconds old at most.
     * @throws PromptmeterError `invalid_request`
     */
    async read(query: OverviewQuery): Promise<OverviewResponse> {
      const range = historyRange(query, new Date())
      const { groupBy } = query
      // By whole buckets: a range that ends now is the same until the next bucket begins.
      const name = [range.from.toISOString(), range.to.toISOString(), range.interval, groupBy].join()
      return remembered(name, async () => {
        const at = new Date()
        const rows = await store.readUsage(range, groupBy)
        const users = await standings.countStandings()
        const refused = await refusals.read(range.from, range.to)
        return toOverview({ at, range, grouped: groupBy !== undefined, rows, users, refusals: refused })
      })
    },
  }
}
