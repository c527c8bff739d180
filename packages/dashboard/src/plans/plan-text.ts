import type { PlanRequest } from '@promptmeter/contract'
import { PLAN_NAME_PATTERN } from '@promptmeter/contract/bounds'
import { type BoundsErrors, type BoundsText, boundsText, parseBounds } from '../common/terms/bounds-text.ts'
import { type LimitRow, type LimitRowErrors, limitRow, parseLimitRows } from '../common/terms/limit-rows.ts'

/** A plan while it is edited, as typed. */
export interface PlanText {
  readonly name: string
  readonly rows: readonly LimitRow[]
  readonly bounds: BoundsText
}

export interface PlanErrors {
  readonly name?: string
  readonly rows: LimitRowErrors
  readonly bounds: BoundsErrors
}

export type ParsedPlan =
  | { readonly name: string; readonly request: PlanRequest }
  | { readonly errors: PlanErrors }

/** @param terms what it begins with; null for a plan that limits nothing */
export function planText(name: string, terms: PlanRequest | null): PlanText {
  return {
    name,
    rows: terms?.limits.map(limitRow) ?? [],
    bounds: boundsText(terms ?? { limits: [] }, 'none'),
  }
}

/** @param taken names that a new plan cannot have */
export function parsePlanText({ name, rows, bounds }: PlanText, taken: readonly string[]): ParsedPlan {
  const nameProblem = findNameProblem(name, taken)
  const limits = parseLimitRows(rows)
  const others = parseBounds(bounds)
  if (nameProblem === null && 'limits' in limits && 'bounds' in others)
    return { name, request: { limits: limits.limits, ...others.bounds } }
  return {
    errors: {
      ...(nameProblem !== null && { name: nameProblem }),
      rows: 'errors' in limits ? limits.errors : {},
      bounds: 'errors' in others ? others.errors : {},
    },
  }
}

const NAME = new RegExp(PLAN_NAME_PATTERN)
const LONGEST_NAME = 64

function findNameProblem(name: string, taken: readonly string[]): string | null {
  if (name === '') return 'Give the plan a name.'
  if (name.length > LONGEST_NAME) return `At most ${LONGEST_NAME} characters.`
  if (!NAME.test(name))
    return 'Lower-case letters, digits, -, _ and . only; a letter or a digit first and last.'
  return taken.includes(name) ? 'There is a plan of this name already.' : null
}

/** The errors to show while somebody types: not of what is empty still. @param tried somebody wanted to save it */
export function shownErrors(parsed: ParsedPlan, { name, rows }: PlanText, tried: boolean): PlanErrors {
  if (!('errors' in parsed)) return { rows: {}, bounds: {} }
  const { errors } = parsed
  if (tried) return errors
  const empty = new Set(rows.filter(({ amount }) => amount.trim() === '').map(({ key }) => key))
  return {
    ...(name !== '' && errors.name !== undefined && { name: errors.name }),
    rows: Object.fromEntries(Object.entries(errors.rows).filter(([key]) => !empty.has(key))),
    bounds: errors.bounds,
  }
}

/** Whether two say the same, whatever keys their rows have. */
export function isSameText(one: PlanText, other: PlanText): boolean {
  return JSON.stringify(comparable(one)) === JSON.stringify(comparable(other))
}

const comparable = ({ name, rows, bounds }: PlanText) => [
  name,
  rows.map(({ meter, window, amount }) => [meter, window, amount]),
  bounds,
]

/** A name for a copy that no plan has. */
export function copyName(name: string, taken: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '-copy' : `-copy-${number}`
    const copy = name.slice(0, LONGEST_NAME - suffix.length) + suffix
    if (!taken.includes(copy)) return copy
  }
}
