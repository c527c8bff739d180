import type { Overrides, PlanResponse } from '@promptmeter/contract'
import { formatLimit } from './limit-option.ts'
import { formatCount, formatFields, formatInstant, formatTable } from './table.ts'

/** One plan, for people. */
export function describePlan(plan: PlanResponse): string {
  const [first = 'none', ...others] = plan.limits.map(formatLimit)
  return formatFields([
    ['Name', plan.name],
    ['Users', formatCount(plan.userCount)],
    ['Limits', first],
    ...others.map((limit) => ['', limit] as const),
    ['Models', formatModels(plan.allowedModels)],
    ['Requests per minute', formatBound(plan.requestsPerMinute)],
    ['Concurrent calls', formatBound(plan.concurrentCalls)],
    ['Default max tokens', formatBound(plan.defaultMaxTokens, 'default')],
    ['Changed', `${formatInstant(plan.updatedAt)} UTC`],
  ])
}

/** Many plans, a line each. */
export function describePlans(plans: readonly PlanResponse[]): string {
  return formatTable(
    [
      { title: 'Name', value: ({ name }) => name },
      { title: 'Users', value: ({ userCount }) => formatCount(userCount), numeric: true },
      { title: 'Calls/minute', value: (plan) => formatBound(plan.requestsPerMinute), numeric: true },
      { title: 'Calls at once', value: (plan) => formatBound(plan.concurrentCalls), numeric: true },
      { title: 'Models', value: ({ allowedModels }) => formatModels(allowedModels) },
      { title: 'Limits', value: ({ limits }) => limits.map(formatLimit).join(', ') || 'none' },
    ],
    plans,
  )
}

/** What a user has instead of what the plan says, as the options name it. */
export function describeOverrides({ limits = [], ...bounds }: Overrides): string {
  const { allowedModels, requestsPerMinute, concurrentCalls, defaultMaxTokens } = bounds
  const parts = [
    ...limits.map(formatLimit),
    allowedModels !== undefined && `models ${formatModels(allowedModels)}`,
    requestsPerMinute !== undefined && `requests-per-minute ${formatBound(requestsPerMinute)}`,
    concurrentCalls !== undefined && `concurrent-calls ${formatBound(concurrentCalls)}`,
    defaultMaxTokens !== undefined && `default-max-tokens ${formatBound(defaultMaxTokens, 'default')}`,
  ]
  return parts.filter((part) => part !== false).join(', ')
}

export function countUsers(count: number): string {
  return count === 1 ? '1 user' : `${formatCount(count)} users`
}

function formatModels(patterns: readonly string[] | null): string {
  if (patterns === null) return 'all'
  return patterns.length === 0 ? 'none' : patterns.join(', ')
}

function formatBound(bound: number | null, otherwise = 'none'): string {
  return bound === null ? otherwise : formatCount(bound)
}
