import type { Overrides, PlanRequest } from '@promptmeter/contract'
import { MAX_PLAN_MODELS, TERM_BOUNDS } from '@promptmeter/contract/bounds'
import { parseCount } from './amount-text.ts'

/** `plan`: as the plan has it, for overrides alone; `none`: no bound; `own`: what stands beside it. */
export type BoundChoice = 'plan' | 'none' | 'own'

export const NUMBER_BOUNDS = ['requestsPerMinute', 'concurrentCalls', 'defaultMaxTokens'] as const
export type NumberBound = (typeof NUMBER_BOUNDS)[number]

export interface NumberBoundText {
  readonly choice: BoundChoice
  /** As typed. */
  readonly text: string
}

/** Everything of a plan but its limits, while it is edited. */
export interface BoundsText extends Readonly<Record<NumberBound, NumberBoundText>> {
  readonly allowedModels: { readonly choice: BoundChoice; readonly models: readonly string[] }
}

export type Bounds = Pick<Overrides, 'allowedModels' | NumberBound>
export type BoundsErrors = Readonly<Partial<Record<keyof BoundsText, string>>>

/** @param absent what it means that a field is left out: `none` for a plan, `plan` for overrides */
export function boundsText(terms: Bounds | PlanRequest, absent: 'none' | 'plan'): BoundsText {
  const choiceOf = (value: unknown): BoundChoice =>
    value === undefined ? absent : value === null ? 'none' : 'own'
  const numberText = (name: NumberBound): NumberBoundText => ({
    choice: choiceOf(terms[name]),
    text: String(terms[name] ?? ''),
  })
  return {
    allowedModels: { choice: choiceOf(terms.allowedModels), models: terms.allowedModels ?? [] },
    requestsPerMinute: numberText('requestsPerMinute'),
    concurrentCalls: numberText('concurrentCalls'),
    defaultMaxTokens: numberText('defaultMaxTokens'),
  }
}

/** What to send: a field that is as the plan has it is left out, null stands for no bound. */
export function parseBounds(
  text: BoundsText,
): { readonly bounds: Bounds } | { readonly errors: BoundsErrors } {
  const bounds: Bounds = {}
  const errors: Partial<Record<keyof BoundsText, string>> = {}
  const { choice, models } = text.allowedModels
  const problem = choice === 'own' ? findModelProblem(models) : null
  if (problem !== null) errors.allowedModels = problem
  if (choice !== 'plan') bounds.allowedModels = choice === 'none' ? null : [...models]
  for (const name of NUMBER_BOUNDS) {
    const field = text[name]
    if (field.choice === 'plan') continue
    const number = field.choice === 'own' ? parseCount(field.text) : null
    const { minimum, maximum } = TERM_BOUNDS[name]
    if (field.choice === 'own' && (number === null || number < minimum || number > maximum))
      errors[name] = `Give a whole number from ${minimum} to ${maximum.toLocaleString('en')}.`
    bounds[name] = number
  }
  return Object.keys(errors).length === 0 ? { bounds } : { errors }
}

const LONGEST_MODEL = 128

function findModelProblem(models: readonly string[]): string | null {
  if (models.length > MAX_PLAN_MODELS) return `At most ${MAX_PLAN_MODELS} models or patterns.`
  const long = models.find((model) => model.length > LONGEST_MODEL)
  if (long !== undefined) return `${long.slice(0, 20)}… is longer than ${LONGEST_MODEL} characters.`
  const odd = models.find((model) => /[\p{Cc}\p{Cs}]/u.test(model))
  return odd === undefined ? null : 'A model holds a character that cannot be in a name.'
}
