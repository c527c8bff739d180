import type { LimitStanding } from '@promptmeter/client'

/** From this share of a limit on its user is warned. */
const WARNING_SHARE = 0.8

export type LimitLevel = 'fine' | 'warning' | 'reached'

export function levelOf(limit: LimitStanding): LimitLevel {
  if (limit.remaining <= 0) return 'reached'
  return shareOf(limit) >= WARNING_SHARE ? 'warning' : 'fine'
}

/** The limit that will be reached first, as far as shares say; null where nothing limits. Of equals the one that lasts longest. */
export function tightestLimit(limits: readonly LimitStanding[]): LimitStanding | null {
  let tightest: LimitStanding | null = null
  for (const limit of limits) {
    if (tightest === null || compare(limit, tightest) > 0) tightest = limit
  }
  return tightest
}

/** The tightest of the limits that are reached; null for none. */
export function reachedLimit(limits: readonly LimitStanding[]): LimitStanding | null {
  return tightestLimit(limits.filter((limit) => levelOf(limit) === 'reached'))
}

function compare(a: LimitStanding, b: LimitStanding): number {
  return shareOf(a) - shareOf(b) || resetOf(a) - resetOf(b)
}

/** Of a limit of 0 everything is used. */
function shareOf({ amount, remaining }: LimitStanding): number {
  return amount === 0 ? 1 : (amount - remaining) / amount
}

function resetOf({ resetsAt }: LimitStanding): number {
  return resetsAt === null ? Number.MAX_SAFE_INTEGER : Date.parse(resetsAt)
}
