import type { PlanPreviewResponse, PlanRequest } from '@promptmeter/contract'
import { refuseRepeatedLimits, termsFromRequest } from '../quotas/plan-service.ts'
import type { StandingCounts, StandingStore } from './standing-store.ts'

/** How many of those whom a change of a plan would stop are named. */
const NAMED_USERS = 20

export type StandingService = ReturnType<typeof createStandingService>

/** How users stand with their limits, all of them together. What calls hold is not looked at. */
export function createStandingService(store: StandingStore) {
  return {
    countStandings: async (): Promise<StandingCounts> => store.countStandings(await store.readPlans()),

    /**
     * Whom it would concern if the plan were put so; nothing is changed.
     * @throws PromptmeterError `invalid_request` when two limits stand on the same meter and window
     */
    async previewPlan(name: string, request: PlanRequest): Promise<PlanPreviewResponse> {
      refuseRepeatedLimits(request.limits)
      const after = { name, ...termsFromRequest(request) }
      const { plans, now } = await store.readPlans()
      // Nobody has a plan that is not there.
      const before = plans.find((plan) => plan.name === name) ?? after
      const change = await store.compare(before, after, now, NAMED_USERS)
      return {
        userCount: change.total,
        before: { near: change.nearBefore, reached: change.reachedBefore },
        after: { near: change.nearAfter, reached: change.reachedAfter },
        newlyReached: [...change.newlyReached],
        newlyReachedCount: change.newlyReachedCount,
        newlyFreedCount: change.newlyFreedCount,
      }
    },
  }
}
