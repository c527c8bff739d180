import type { PlanResponse } from '@promptmeter/contract'
import type { AdminClient } from './admin-client.ts'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'

export function planPath(name: string): string {
  return `/api/admin/plans/${encodeURIComponent(name)}`
}

/** The plan of this name, or null. @throws CommandFailure when nobody answers */
export async function findPlan(client: AdminClient, name: string): Promise<PlanResponse | null> {
  try {
    return await client.request<PlanResponse>('GET', planPath(name))
  } catch (error) {
    if (error instanceof CommandFailure && error.refusal === 'plan_not_found') return null
    throw error
  }
}

/** @throws CommandFailure when there is none */
export async function getPlan(client: AdminClient, name: string): Promise<PlanResponse> {
  const plan = await findPlan(client, name)
  if (plan !== null) return plan
  throw new CommandFailure(
    `There is no plan ${JSON.stringify(name)}. Those there are: promptmeter plans list`,
    EXIT_CODES.notFound,
  )
}
