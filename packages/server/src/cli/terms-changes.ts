import type { Overrides, PlanRequest } from '@promptmeter/contract'
import { isSameLimit, type LimitKey, type LimitOption } from './limit-option.ts'
import type { TermsOptions } from './terms-options.ts'

type Bounds = Omit<Overrides, 'limits'>

export function namesTerms({ limit, ...options }: TermsOptions): boolean {
  return limit !== undefined || Object.keys(boundsOf(options)).length > 0
}

/** The plan with what the options name changed. */
export function changePlan({ limits, ...bounds }: PlanRequest, options: TermsOptions): PlanRequest {
  return {
    ...changeBounds(bounds, options),
    limits: changeLimits(limits, options, (amount) => (typeof amount === 'number' ? amount : undefined)),
  }
}

/** What a user has instead of the plan, with what the options name changed; null for nothing. */
export function changeOverrides(overrides: Overrides | null, options: TermsOptions): Overrides | null {
  const { limits: present = [], ...bounds } = overrides ?? {}
  const limits = changeLimits(present, options, (amount) => {
    if (amount === 'plan') return undefined
    return amount === 'none' ? null : amount
  })
  const changed = { ...changeBounds(bounds, options), ...(limits.length > 0 && { limits }) }
  return Object.keys(changed).length === 0 ? null : changed
}

/** @param amountOf undefined for a limit that shall not be in the list */
function changeLimits<Amount>(
  limits: readonly (LimitKey & { amount: Amount })[],
  { limit: options = [] }: TermsOptions,
  amountOf: (amount: LimitOption['amount']) => Amount | undefined,
): (LimitKey & { amount: Amount })[] {
  const changed = [...limits]
  for (const { meter, window, amount: option } of options) {
    const amount = amountOf(option)
    const limit = amount === undefined ? [] : [{ meter, window, amount }]
    const index = changed.findIndex((other) => isSameLimit(other, { meter, window }))
    if (index === -1) changed.push(...limit)
    else changed.splice(index, 1, ...limit)
  }
  return changed
}

function changeBounds(bounds: Bounds, options: TermsOptions): Bounds {
  const changed: Record<string, unknown> = { ...bounds, ...boundsOf(options) }
  return Object.fromEntries(
    Object.entries(changed)
      .filter(([, value]) => value !== 'plan')
      .map(([name, value]) => [name, value === 'none' ? null : value]),
  )
}

/** The bounds that were named, as the server calls them. */
function boundsOf({ models, requestsPerMinute, concurrentCalls, defaultMaxTokens }: TermsOptions) {
  const named = { allowedModels: models, requestsPerMinute, concurrentCalls, defaultMaxTokens }
  return Object.fromEntries(Object.entries(named).filter(([, option]) => option !== undefined))
}
