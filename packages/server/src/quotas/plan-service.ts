import { DEFAULT_PLAN, type PlanRequest } from '@promptmeter/contract'
import { isForeignKeyViolation } from '../database/database-errors.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import { findRepeatedLimit, isPlanName, type Terms } from './plan.ts'
import type { KeptPlan, PlanStore } from './plan-store.ts'

export type PlanService = ReturnType<typeof createPlanService>

export const planNotFound = () => new PromptmeterError('plan_not_found', 'Plan not found.')

export function createPlanService(store: PlanStore) {
  return {
    list: (): Promise<KeptPlan[]> => store.list(),

    /** @throws PromptmeterError `plan_not_found` */
    async get(name: string): Promise<KeptPlan> {
      const plan = isPlanName(name) ? await store.find(name) : null
      if (plan === null) throw planNotFound()
      return plan
    },

    /**
     * Creates a plan, or replaces what it grants: from the very next call it holds for everybody who has it.
     * @throws PromptmeterError `invalid_request` when two limits stand on the same meter and window
     */
    async put(name: string, request: PlanRequest): Promise<KeptPlan> {
      refuseRepeatedLimits(request.limits)
      return store.put(name, termsFromRequest(request))
    },

    /** @throws PromptmeterError `plan_not_found`; `plan_in_use` while a user has it, or when it is the built-in one */
    async remove(name: string): Promise<void> {
      if (name === DEFAULT_PLAN) {
        throw new PromptmeterError(
          'plan_in_use',
          `The plan ${DEFAULT_PLAN} is that of everybody who has no other.`,
        )
      }
      if (!isPlanName(name)) throw planNotFound()
      const removed = await store.remove(name).catch((error) => {
        if (!isForeignKeyViolation(error)) throw error
        throw new PromptmeterError('plan_in_use', 'Users have this plan: give them another first.')
      })
      if (!removed) throw planNotFound()
    },
  }
}

/** What is left out does not hold. */
export function termsFromRequest(request: PlanRequest): Terms {
  return {
    limits: request.limits,
    allowedModels: request.allowedModels ?? null,
    requestsPerMinute: request.requestsPerMinute ?? null,
    concurrentCalls: request.concurrentCalls ?? null,
    defaultMaxTokens: request.defaultMaxTokens ?? null,
  }
}

/** @throws PromptmeterError `invalid_request` */
export function refuseRepeatedLimits(limits: Parameters<typeof findRepeatedLimit>[0]): void {
  const repeated = findRepeatedLimit(limits)
  if (repeated === null) return
  throw new PromptmeterError('invalid_request', `limits has ${repeated} twice: one amount holds for each.`)
}
