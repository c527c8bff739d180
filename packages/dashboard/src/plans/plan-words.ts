import type { Limit, PlanResponse } from '@promptmeter/contract'
import { MAX_COUNT } from '@promptmeter/contract/bounds'
import { WINDOW_NAMES } from '../common/terms/limit-rows.ts'
import { exactNumber } from '../shown/numbers.ts'

/** `1,000 prompts a month`, `$5.00 a day`, `no limit on tokens a month`. With every digit: it is what was agreed. */
export function limitWords({ meter, window, amount }: Limit): string {
  if (amount >= MAX_COUNT) return `no limit on ${meter} ${WINDOW_NAMES[window]}`
  if (meter === 'cost') return `${exactNumber(amount, 'cost')} ${WINDOW_NAMES[window]}`
  const unit = amount === 1 ? meter.slice(0, -1) : meter
  return `${exactNumber(amount)} ${unit} ${WINDOW_NAMES[window]}`
}

/** What a plan says besides its limits, each with what it is called. */
export function boundWords(plan: PlanResponse): readonly (readonly [name: string, value: string])[] {
  return [
    ['Models', modelWords(plan.allowedModels)],
    ['Requests per minute', boundWord(plan.requestsPerMinute, 'no bound')],
    ['Concurrent calls', boundWord(plan.concurrentCalls, 'no bound')],
    ['Default max tokens', boundWord(plan.defaultMaxTokens, '4,096')],
  ]
}

function modelWords(patterns: readonly string[] | null): string {
  if (patterns === null) return 'all'
  return patterns.length === 0 ? 'none' : patterns.join(', ')
}

const boundWord = (bound: number | null, otherwise: string) =>
  bound === null ? otherwise : exactNumber(bound)
