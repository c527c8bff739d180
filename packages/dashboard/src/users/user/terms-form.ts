import type { AdminUserResponse, Overrides, PlanResponse, UpdateUserRequest } from '@promptmeter/contract'
import { MAX_COUNT } from '@promptmeter/contract/bounds'
import { parseCount } from '../../common/terms/amount-text.ts'
import {
  type BoundsErrors,
  type BoundsText,
  boundsText,
  NUMBER_BOUNDS,
  type NumberBound,
  parseBounds,
} from '../../common/terms/bounds-text.ts'
import {
  type LimitRow,
  type LimitRowErrors,
  limitRow,
  METER_NAMES,
  type OverrideLimit,
  parseOverrideRows,
  WINDOW_NAMES,
} from '../../common/terms/limit-rows.ts'
import { exactNumber } from '../../shown/numbers.ts'

/** The plan of a user and what they have instead, while it is edited. */
export interface TermsText {
  readonly plan: string
  readonly threshold: { readonly choice: 'plan' | 'own' | 'none'; readonly text: string }
  readonly limits: readonly LimitRow[]
  readonly bounds: BoundsText
}

export interface TermsErrors {
  readonly threshold?: string
  readonly limits: LimitRowErrors
  readonly bounds: BoundsErrors
}

export type OwnTerms = Pick<AdminUserResponse, 'plan' | 'ownThreshold' | 'overrides'>

export function termsText({ plan, ownThreshold, overrides }: OwnTerms): TermsText {
  const choice = ownThreshold === null ? 'plan' : ownThreshold >= MAX_COUNT ? 'none' : 'own'
  return {
    plan,
    threshold: { choice, text: choice === 'own' ? String(ownThreshold) : '' },
    limits: (overrides?.limits ?? []).map(limitRow),
    bounds: boundsText(overrides ?? {}, 'plan'),
  }
}

export function parseTerms(text: TermsText): { readonly terms: OwnTerms } | { readonly errors: TermsErrors } {
  const { choice, text: typed } = text.threshold
  const ownThreshold = choice === 'plan' ? null : choice === 'none' ? MAX_COUNT : parseCount(typed)
  const limits = parseOverrideRows(text.limits)
  const bounds = parseBounds(text.bounds)
  const thresholdMissing = choice === 'own' && ownThreshold === null
  if (thresholdMissing || 'errors' in limits || 'errors' in bounds) {
    return {
      errors: {
        ...(thresholdMissing && { threshold: 'Give a whole number, such as 100.' }),
        limits: 'errors' in limits ? limits.errors : {},
        bounds: 'errors' in bounds ? bounds.errors : {},
      },
    }
  }
  const overrides: Overrides = {
    ...(limits.limits.length > 0 && { limits: limits.limits }),
    ...bounds.bounds,
  }
  const none = Object.keys(overrides).length === 0
  return { terms: { plan: text.plan, ownThreshold, overrides: none ? null : overrides } }
}

/** One thing that will be another. */
export interface TermsChange {
  readonly field: 'plan' | 'threshold' | 'overrides'
  readonly name: string
  readonly before: string
  readonly after: string
}

/** What differs, in words. @param plans to say what the plan has */
export function termsChanges(
  before: OwnTerms,
  after: OwnTerms,
  plans: readonly PlanResponse[],
): TermsChange[] {
  const [told, toldAfter] = [before, after].map((terms) => wordsOf(terms, plans)) as [Words, Words]
  const names = new Set([...told.keys(), ...toldAfter.keys()])
  return [...names].flatMap((name): TermsChange[] => {
    const { own, said, field } = told.get(name) ?? asThePlan(name, before, plans)
    const next = toldAfter.get(name) ?? asThePlan(name, after, plans)
    return own === next.own ? [] : [{ field, name, before: said, after: next.said }]
  })
}

/** The fields to send: those that differ, and overrides as a whole. */
export function changesToSend(after: OwnTerms, changes: readonly TermsChange[]): UpdateUserRequest {
  const changed = new Set(changes.map(({ field }) => field))
  return {
    ...(changed.has('plan') && { plan: after.plan }),
    ...(changed.has('threshold') && { threshold: after.ownThreshold }),
    ...(changed.has('overrides') && { overrides: after.overrides }),
  }
}

interface Word {
  readonly field: TermsChange['field']
  /** What is set for the user; the same where nothing changes, whatever the plan. */
  readonly own: string
  readonly said: string
}
type Words = Map<string, Word>

const THRESHOLD_NAME = `${METER_NAMES.prompts} ${WINDOW_NAMES.lifetime}`
const MODELS_NAME = 'Allowed models'
export const BOUND_NAMES: Readonly<Record<NumberBound, string>> = {
  requestsPerMinute: 'Requests per minute',
  concurrentCalls: 'Concurrent calls',
  defaultMaxTokens: 'Default max tokens',
}

function wordsOf({ plan, ownThreshold, overrides }: OwnTerms, plans: readonly PlanResponse[]): Words {
  const words: Words = new Map([['Plan', { field: 'plan', own: plan, said: plan }]])
  const tell = (name: string, field: TermsChange['field'], said: string) =>
    words.set(name, { field, own: said, said })
  if (ownThreshold !== null) tell(THRESHOLD_NAME, 'threshold', amountWords(ownThreshold, 'prompts'))
  else words.set(THRESHOLD_NAME, asThePlan(THRESHOLD_NAME, { plan }, plans))
  for (const { meter, window, amount } of overrides?.limits ?? [])
    tell(`${METER_NAMES[meter]} ${WINDOW_NAMES[window]}`, 'overrides', amountWords(amount, meter))
  if (overrides?.allowedModels !== undefined)
    tell(MODELS_NAME, 'overrides', modelWords(overrides.allowedModels))
  for (const name of NUMBER_BOUNDS) {
    const bound = overrides?.[name]
    if (bound !== undefined) tell(BOUND_NAMES[name], 'overrides', boundWords(bound, name))
  }
  return words
}

/** What a part is for whom nothing was set: as the plan has it, where that is known. */
function asThePlan(name: string, { plan }: Pick<OwnTerms, 'plan'>, plans: readonly PlanResponse[]): Word {
  const field = name === THRESHOLD_NAME ? 'threshold' : 'overrides'
  const granted = plans.find((each) => each.name === plan)
  const said = granted === undefined ? 'as the plan' : `as the plan (${planWords(name, granted)})`
  return { field, own: 'as the plan', said }
}

function planWords(name: string, plan: PlanResponse): string {
  if (name === MODELS_NAME) return modelWords(plan.allowedModels)
  const bound = NUMBER_BOUNDS.find((each) => BOUND_NAMES[each] === name)
  if (bound !== undefined) return boundWords(plan[bound], bound)
  const limit = plan.limits.find(
    ({ meter, window }) => `${METER_NAMES[meter]} ${WINDOW_NAMES[window]}` === name,
  )
  return limit === undefined ? 'no limit' : amountWords(limit.amount, limit.meter)
}

function amountWords(amount: number | null, meter: OverrideLimit['meter']): string {
  return amount === null || amount >= MAX_COUNT
    ? 'no limit'
    : exactNumber(amount, meter === 'cost' ? 'cost' : 'count')
}

function modelWords(models: readonly string[] | null): string {
  if (models === null) return 'all'
  return models.length === 0 ? 'none' : models.join(', ')
}

function boundWords(bound: number | null, name: NumberBound): string {
  if (bound !== null) return exactNumber(bound)
  return name === 'defaultMaxTokens' ? '4,096' : 'no bound'
}
