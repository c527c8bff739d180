import type { UsageGroupTotal } from '@promptmeter/contract'
import type { ChartMeter } from './chart-series.ts'

/** What a group used, of all that was used. */
export interface GroupShare {
  readonly name: string
  readonly value: number
  readonly share: number
}

/** Groups that are told apart; the smaller ones are put together. */
const MOST_GROUPS = 7

/** What stands for them. */
export const ALL_OTHERS = 'all others'

/** What each group used, largest first; of one name are added up, and who used nothing is left out. */
export function sharesOf(groups: readonly UsageGroupTotal[], meter: ChartMeter): GroupShare[] {
  const sums = new Map<string, number>()
  for (const { name, [meter]: value } of groups) {
    const called = name ?? 'not named'
    sums.set(called, (sums.get(called) ?? 0) + value)
  }
  const used = [...sums].filter(([, value]) => value > 0).sort(([, one], [, other]) => other - one)
  const total = used.reduce((sum, [, value]) => sum + value, 0)
  return used.map(([name, value]) => ({ name, value, share: value / total }))
}

/** The largest of them, and the others as one. */
export function largestOf(shares: readonly GroupShare[]): readonly GroupShare[] {
  if (shares.length <= MOST_GROUPS + 1) return shares
  const others = shares.slice(MOST_GROUPS)
  const sum = (field: 'value' | 'share') => others.reduce((total, { [field]: each }) => total + each, 0)
  return [...shares.slice(0, MOST_GROUPS), { name: ALL_OTHERS, value: sum('value'), share: sum('share') }]
}
