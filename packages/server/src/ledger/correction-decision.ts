import { EARLIEST_INSTANT, MAX_COUNT, MAX_EVENT_LEAD_MS, METERS, type Meter } from '@promptmeter/contract'
import type { EventKind } from '../database/tables.ts'
import { type Amounts, NOTHING, sumOf, withUsed } from '../quotas/amounts.ts'
import { hourOf, type WindowMask, windowsBegunSince, windowsHolding } from '../quotas/window.ts'
import type { User } from '../users/user.ts'
import { type Correction, type CorrectionOutcome, isSameCorrection } from './correction.ts'
import { type Refusal, refused } from './refusal.ts'
import type { UsageBody } from './usage-call.ts'
import { foldLabels, type UsageLabels } from './usage-labels.ts'

/** One row of a rollup. */
export type RollupRow = UsageLabels & Amounts

/** The event that an idempotency key names already. */
export interface KnownCorrection extends UsageBody {
  readonly kind: EventKind
  readonly cost: number
  readonly reason: string | null
  readonly promptCountAfter: number
  readonly tokenCountAfter: number
}

/** What the database said once the user was locked. */
export interface CorrectionFacts {
  /** The database's clock. */
  readonly now: Date
  readonly user: User
  /** The seq of the user's newest event. */
  readonly eventCount: number
  /** The event that the idempotency key names already. */
  readonly knownEvent: KnownCorrection | null
  /** The hour that the counts of the user's windows were last written in. */
  readonly countedHour: number | null
  /** The user's rollups of the hour, and of the day, that the correction amends. */
  readonly hourRows: readonly RollupRow[]
  readonly dayRows: readonly RollupRow[]
}

/** Every value as it shall stand, no differences: the rows are locked, and none may pass through a negative. */
export interface CorrectionWrite {
  readonly seq: number
  readonly counts: Amounts
  /** What the rollups know the model and the source as. */
  readonly labels: UsageLabels
  readonly hour: Amounts
  readonly day: Amounts
  /** The present windows that hold the time it amends, and those that begin anew. */
  readonly windows: { readonly hour: number; readonly into: WindowMask; readonly begun: WindowMask }
}

export interface CorrectionDecision {
  readonly outcome: CorrectionOutcome
  /** Null when there is nothing to write. */
  readonly write: CorrectionWrite | null
}

/** Decides a correction. It amends the user's counts, that hour and that day alike, or nothing at all. */
export function decideCorrection(correction: Correction, facts: CorrectionFacts): CorrectionDecision {
  const { user, knownEvent } = facts
  if (knownEvent !== null) {
    if (knownEvent.kind !== 'correction' || !isSameCorrection(knownEvent, correction)) {
      return refusal('idempotency_key_reused', 'This idempotency key was used before with another body.')
    }
    const { promptCountAfter: prompts, tokenCountAfter: tokens } = knownEvent
    const total = { ...user.total, prompts, tokens }
    return { outcome: { kind: 'recorded', user: { ...user, total }, replayed: true }, write: null }
  }
  const problem = findProblem(correction, facts.now)
  if (problem !== null) return refusal('invalid_usage', problem)

  const labels = foldLabels({ model: correction.model ?? '', source: correction.source ?? '' }, facts.dayRows)
  const places = placesOf(correction, facts, labels)
  for (const place of places) {
    const problemThere = findRefusal(correction, place)
    if (problemThere !== null) return { outcome: problemThere, write: null }
  }
  const [counts, hour, day] = places.map(({ amounts }) => sumOf(amounts, correction)) as [
    Amounts,
    Amounts,
    Amounts,
  ]
  const windows = windowsOf(correction, facts)
  return {
    outcome: {
      kind: 'recorded',
      user: { ...user, total: counts, windows: withUsed(user.windows, correction, windows.into) },
      replayed: false,
    },
    write: { seq: facts.eventCount + 1, counts, labels, hour, day, windows },
  }
}

/** Limits count by when something was recorded; a correction moves the windows that hold the time it amends. */
function windowsOf(
  { occurredAt }: Correction,
  { now, countedHour }: CorrectionFacts,
): CorrectionWrite['windows'] {
  const hour = Math.max(hourOf(now), countedHour ?? 0)
  const amended = Math.min(hour, hourOf(occurredAt ?? now))
  return { hour, into: windowsHolding(amended, hour), begun: windowsBegunSince(countedHour, hour) }
}

function findProblem({ prompts, tokens, cost, occurredAt }: Correction, now: Date): string | null {
  if (prompts === 0 && tokens === 0 && cost === 0)
    return 'usage, tokenCount or costMicros must be other than 0.'
  if (occurredAt === null) return null
  if (occurredAt.getTime() - now.getTime() > MAX_EVENT_LEAD_MS)
    return 'occurredAt must be at most 5 minutes ahead.'
  if (occurredAt < EARLIEST_INSTANT) return 'occurredAt must be in 2000 or later.'
  return null
}

/** Where the amounts stand that a correction moves, and how to name the place to the operator. */
interface Place {
  readonly name: string
  readonly amounts: Amounts
}

function placesOf(correction: Correction, facts: CorrectionFacts, labels: UsageLabels): Place[] {
  const at = (correction.occurredAt ?? facts.now).toISOString()
  return [
    { name: 'in all', amounts: facts.user.total },
    {
      name: `in the hour of ${at.slice(0, 13)}:00Z${describeLabels(labels)}`,
      amounts: rowOf(facts.hourRows, labels),
    },
    { name: `on ${at.slice(0, 10)}${describeLabels(labels)}`, amounts: rowOf(facts.dayRows, labels) },
  ]
}

function rowOf(rows: readonly RollupRow[], { model, source }: UsageLabels): Amounts {
  return rows.find((row) => row.model === model && row.source === source) ?? NOTHING
}

function describeLabels({ model, source }: UsageLabels): string {
  const describe = (what: string, name: string) =>
    name === '' ? `without a ${what}` : `of ${what} ${JSON.stringify(name)}`
  return ` ${describe('model', model)} and ${describe('source', source)}`
}

const FIELDS: Record<Meter, string> = { prompts: 'usage', tokens: 'tokenCount', cost: 'costMicros' }

function findRefusal(correction: Correction, { name, amounts }: Place): Refusal | null {
  for (const meter of METERS) {
    const [there, change] = [amounts[meter], correction[meter]]
    if (there + change < 0) {
      const message = `The ${meter} cannot go down by ${-change}: there are ${there} ${name}.`
      return refused('below_zero', message)
    }
    if (change > MAX_COUNT - there) {
      return refused('invalid_usage', `${FIELDS[meter]} would take the ${meter} ${name} past their range.`)
    }
  }
  return null
}

function refusal(...[code, message]: Parameters<typeof refused>): CorrectionDecision {
  return { outcome: refused(code, message), write: null }
}
