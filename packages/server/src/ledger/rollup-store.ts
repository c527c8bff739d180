import { plainArray } from '../database/array-literal.ts'
import type { Transaction } from '../database/database.ts'
import { FIND_DAY_LABELS } from './ledger-statements.ts'
import type { UsageCall } from './usage-call.ts'
import type { NewEvent } from './usage-decision.ts'
import { foldLabels, type UsageLabels } from './usage-labels.ts'

const HOUR_MS = 60 * 60 * 1000

/** What to add to one row of `usage_hours`. */
export interface HourlyUsage extends UsageLabels {
  readonly userId: string
  readonly hour: Date
  readonly prompts: number
  readonly tokens: number
}

/**
 * Sums the events per user, hour, model and source.
 * @param newLabels calls whose model and source the user's day does not have yet: they may have to be folded
 */
export async function rollUp(
  transaction: Transaction,
  events: readonly NewEvent[],
  now: Date,
  newLabels: readonly UsageCall[],
): Promise<HourlyUsage[]> {
  const folded = newLabels.length === 0 ? null : await fold(transaction, newLabels, now)
  const sums = new Map<string, { -readonly [Key in keyof HourlyUsage]: HourlyUsage[Key] }>()
  for (const { call } of events) {
    const at = call.occurredAt ?? now
    const hourMs = at.getTime() - (at.getTime() % HOUR_MS)
    const { model, source } = folded?.get(labelKey(call, now)) ?? labelsOf(call)
    const key = `${call.userId}${hourMs}\n${model}\n${source}`
    const sum = sums.get(key)
    if (sum === undefined) {
      const { userId, prompts, tokens } = call
      sums.set(key, { userId, hour: new Date(hourMs), model, source, prompts, tokens })
    } else {
      sum.prompts += call.prompts
      sum.tokens += call.tokens
    }
  }
  return [...sums.values()]
}

/** The labels that new ones are kept under, by `labelKey`. Those of one day see each other, in order. */
async function fold(
  transaction: Transaction,
  newLabels: readonly UsageCall[],
  now: Date,
): Promise<Map<string, UsageLabels>> {
  const rows = await transaction.query<UsageLabels & { user_id: string; day: string }>(FIND_DAY_LABELS, [
    plainArray(newLabels.map(({ userId }) => userId)),
    plainArray(newLabels.map((call) => dayOf(call, now))),
  ])
  const knownByDay = Map.groupBy<string, UsageLabels>(rows, (row) => {
    const { user_id, day } = row as (typeof rows)[number]
    return user_id + day
  })
  const folded = new Map<string, UsageLabels>()
  for (const call of newLabels) {
    const userDay = call.userId + dayOf(call, now)
    const known = knownByDay.get(userDay) ?? []
    const labels = foldLabels(labelsOf(call), known)
    folded.set(labelKey(call, now), labels)
    knownByDay.set(userDay, [...known, labels])
  }
  return folded
}

function labelsOf(call: UsageCall): UsageLabels {
  return { model: call.model ?? '', source: call.source ?? '' }
}

function labelKey(call: UsageCall, now: Date): string {
  const { model, source } = labelsOf(call)
  return `${call.userId}${dayOf(call, now)}\n${model}\n${source}`
}

function dayOf(call: UsageCall, now: Date): string {
  return (call.occurredAt ?? now).toISOString().slice(0, 10)
}
