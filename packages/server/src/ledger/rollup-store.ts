import { plainArray } from '../database/array-literal.ts'
import type { Transaction } from '../database/database.ts'
import type { NewEvent } from './ledger-batch.ts'
import { FIND_DAY_LABELS } from './rollup-statements.ts'
import { foldLabels, type UsageLabels } from './usage-labels.ts'

const HOUR_MS = 60 * 60 * 1000

/** What to add to one row of `usage_hours`. */
export interface HourlyUsage extends UsageLabels {
  readonly userId: string
  readonly hour: Date
  readonly prompts: number
  readonly tokens: number
  readonly cost: number
}

/** What places usage in a rollup. */
export type LabelledUsage = Pick<NewEvent, 'userId' | 'model' | 'source' | 'occurredAt'>

/**
 * Sums the events per user, hour, model and source.
 * @param newLabels usage whose model and source the user's day does not have yet: they may have to be folded
 */
export async function rollUp(
  transaction: Transaction,
  events: readonly NewEvent[],
  now: Date,
  newLabels: readonly LabelledUsage[],
): Promise<HourlyUsage[]> {
  const folded = newLabels.length === 0 ? null : await fold(transaction, newLabels, now)
  const sums = new Map<string, { -readonly [Key in keyof HourlyUsage]: HourlyUsage[Key] }>()
  for (const event of events) {
    // What was abandoned is recorded, and was no usage.
    if (event.kind === 'abandoned') continue
    const at = event.occurredAt ?? now
    const hourMs = at.getTime() - (at.getTime() % HOUR_MS)
    const { model, source } = folded?.get(labelKey(event, now)) ?? labelsOf(event)
    const key = `${event.userId}${hourMs}\n${model}\n${source}`
    const sum = sums.get(key)
    const { userId, prompts, tokens, cost } = event
    if (sum === undefined) {
      sums.set(key, { userId, hour: new Date(hourMs), model, source, prompts, tokens, cost })
    } else {
      sum.prompts += prompts
      sum.tokens += tokens
      sum.cost += cost
    }
  }
  return [...sums.values()]
}

/** The labels that new ones are kept under, by `labelKey`. Those of one day see each other, in order. */
async function fold(
  transaction: Transaction,
  newLabels: readonly LabelledUsage[],
  now: Date,
): Promise<Map<string, UsageLabels>> {
  const rows = await transaction.query<UsageLabels & { user_id: string; day: string }>(FIND_DAY_LABELS, [
    plainArray(newLabels.map(({ userId }) => userId)),
    plainArray(newLabels.map((usage) => dayOf(usage, now))),
  ])
  const knownByDay = Map.groupBy<string, UsageLabels>(rows, (row) => {
    const { user_id, day } = row as (typeof rows)[number]
    return user_id + day
  })
  const folded = new Map<string, UsageLabels>()
  for (const usage of newLabels) {
    const userDay = usage.userId + dayOf(usage, now)
    const known = knownByDay.get(userDay) ?? []
    const labels = foldLabels(labelsOf(usage), known)
    folded.set(labelKey(usage, now), labels)
    knownByDay.set(userDay, [...known, labels])
  }
  return folded
}

function labelsOf({ model, source }: LabelledUsage): UsageLabels {
  return { model: model ?? '', source: source ?? '' }
}

function labelKey(usage: LabelledUsage, now: Date): string {
  const { model, source } = labelsOf(usage)
  return `${usage.userId}${dayOf(usage, now)}\n${model}\n${source}`
}

function dayOf({ occurredAt }: LabelledUsage, now: Date): string {
  return (occurredAt ?? now).toISOString().slice(0, 10)
}

/** One for each model and source a user names in this batch. Those that name neither are never folded. */
export function distinctLabels(usage: readonly LabelledUsage[]): LabelledUsage[] {
  const distinct = new Map<string, LabelledUsage>()
  for (const one of usage) {
    if (one.model === null && one.source === null) continue
    const day = one.occurredAt?.toISOString().slice(0, 10) ?? ''
    distinct.set(`${one.userId}${day}\n${one.model ?? ''}\n${one.source ?? ''}`, one)
  }
  return [...distinct.values()]
}
