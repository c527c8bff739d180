import { type Limit, MAX_COUNT, type Overrides, PLAN_NAME_PATTERN } from '@promptmeter/contract'

/** What a plan grants. Null stands for no bound. */
export interface Plan {
  readonly name: string
  readonly limits: readonly Limit[]
  readonly allowedModels: readonly string[] | null
  readonly requestsPerMinute: number | null
  readonly concurrentCalls: number | null
  readonly defaultMaxTokens: number | null
}

/** What holds for one user: the plan with the user's overrides. */
export type Terms = Omit<Plan, 'name'>

/**
 * @param threshold the user's own limit on prompts for life, or null for that of the plan
 */
export function termsOf(plan: Terms, overrides: Overrides | null, threshold: number | null): Terms {
  if (overrides === null && threshold === null && plan.limits.every(isLimiting)) return plan
  const limits = new Map(plan.limits.map((limit) => [keyOf(limit), limit]))
  for (const { amount, ...limit } of overrides?.limits ?? []) {
    limits.set(keyOf(limit), { ...limit, amount: amount ?? MAX_COUNT })
  }
  if (threshold !== null) {
    const limit = { meter: 'prompts', window: 'lifetime', amount: threshold } as const
    limits.set(keyOf(limit), limit)
  }
  const { limits: _, ...others } = overrides ?? {}
  return { ...plan, ...others, limits: [...limits.values()].filter(isLimiting) }
}

/** False for the largest amount, by which operators say that there is no limit. */
function isLimiting({ amount }: Limit): boolean {
  return amount < MAX_COUNT
}

/** True when the counts of the present windows are needed to know where a user stands. */
export function needsWindowCounts({ limits, requestsPerMinute }: Terms): boolean {
  return requestsPerMinute !== null || limits.some(({ window }) => window !== 'lifetime')
}

/** True when it has to be known how many tokens a call may take. */
export function limitsTokens({ limits }: Terms): boolean {
  return limits.some(({ meter }) => meter !== 'prompts')
}

export function limitsCost({ limits }: Terms): boolean {
  return limits.some(({ meter }) => meter === 'cost')
}

function keyOf({ meter, window }: Pick<Limit, 'meter' | 'window'>): string {
  return `${meter}/${window}`
}

/** The first meter and window that stands twice in a list of limits, or null. */
export function findRepeatedLimit(limits: readonly Pick<Limit, 'meter' | 'window'>[]): string | null {
  const keys = limits.map(keyOf)
  return keys.find((key, index) => keys.indexOf(key) !== index) ?? null
}

const NAME = new RegExp(PLAN_NAME_PATTERN)

/** True when `text` may be the name of a plan; the database refuses to look for some others. */
export function isPlanName(text: string): boolean {
  return NAME.test(text)
}
