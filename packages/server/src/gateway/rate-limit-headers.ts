import type { LimitStanding } from '../quotas/limit-standing.ts'
import { MINUTE_MS, type QuotaReport } from '../quotas/quota-report.ts'

/**
 * `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10): each limit of the user is a policy named
 * by its meter and window. `q` and `r` of a cost are micro-dollars. No headers where nothing is limited.
 */
export function rateLimitHeaders({ at, standings, requests, calls }: QuotaReport): Record<string, string> {
  const policies: string[] = []
  const limits: string[] = []
  for (const standing of standings) {
    const name = `"${standing.meter}-${standing.window}"`
    policies.push(`${name};q=${standing.amount}${windowParameter(standing)}`)
    const { resetsAt } = standing
    limits.push(
      `${name};r=${standing.remaining}${resetsAt === null ? '' : `;t=${secondsUntil(resetsAt, at)}`}`,
    )
  }
  if (requests !== null) {
    policies.push(`"requests-minute";q=${requests.amount};w=60`)
    const left = MINUTE_MS - (at.getTime() % MINUTE_MS)
    limits.push(`"requests-minute";r=${requests.remaining};t=${Math.ceil(left / 1000)}`)
  }
  if (calls !== null) {
    policies.push(`"concurrent-calls";q=${calls.amount};qu="concurrent-requests"`)
    limits.push(`"concurrent-calls";r=${calls.remaining}`)
  }
  if (policies.length === 0) return {}
  return { 'RateLimit-Policy': policies.join(', '), RateLimit: limits.join(', ') }
}

function windowParameter({ windowStart, resetsAt }: LimitStanding): string {
  if (windowStart === null || resetsAt === null) return ''
  return `;w=${(resetsAt.getTime() - windowStart.getTime()) / 1000}`
}

function secondsUntil(moment: Date, now: Date): number {
  return Math.max(0, Math.ceil((moment.getTime() - now.getTime()) / 1000))
}
