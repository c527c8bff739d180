import type { LimitStanding } from '@promptmeter/client'
import { type LimitLevel, levelOf, tightestLimit } from './limit-level.ts'
import type { UsageState } from './usage-watcher.ts'
import { bare, quantity, resetText, share, windowName } from './wording.ts'

/** What the status bar shows. */
export interface StatusText {
  /** With icons of the editor, `$(…)`. */
  readonly text: string
  /** For who cannot see it. */
  readonly label: string
  readonly level: LimitLevel
}

/** @param waiting events that could not be sent yet */
export function statusText(state: UsageState, appName: string, waiting: number): StatusText {
  const queued = waiting === 0 ? '' : `, ${waiting} waiting`
  switch (state.kind) {
    case 'signed-out':
      return plain(`$(account) ${appName}: Sign in`, `${appName}: signed out. Sign in`)
    case 'loading':
      return plain(`$(loading~spin) ${appName}`, `${appName}: loading`)
    case 'failed':
      return state.offline
        ? plain(`$(cloud-offline) Offline${queued}`, `${appName}: the server cannot be reached${queued}`)
        : plain(`$(warning) ${appName}`, `${appName}: ${state.error.message}`)
    case 'known': {
      const limit = tightestLimit(state.me.limits)
      const used = limit === null ? quantity('prompts', state.me.promptCount) : share(limit)
      const left = limit === null ? '' : `, ${bare(limit.meter, limit.remaining)} left`
      const level = limit === null ? 'fine' : levelOf(limit)
      if (state.offline) {
        const label = `${appName}: offline${queued}; ${used}${left} when last known`
        return { text: `$(cloud-offline) ${used}${queued}`, label, level }
      }
      const icon = level === 'fine' ? '$(pulse)' : '$(warning)'
      return { text: `${icon} ${used}${left}`, label: `${appName}: ${used}${left}`, level }
    }
  }
}

function plain(text: string, label: string): StatusText {
  return { text, label, level: 'fine' }
}

/** `1 of 10 prompts today, 9 left, resets in 3 hours, at 01:00` */
export function limitLine(limit: LimitStanding, now: Date): string {
  const left = `${bare(limit.meter, limit.remaining)} left`
  return `${share(limit)} ${windowName(limit)}, ${left}, ${resetText(limit, now)}`
}

/** What a user is told who has reached a limit. */
export function limitMessage(limit: LimitStanding, now: Date): string {
  const { meter, amount, window, remaining } = limit
  if (remaining > 0) {
    return `This needs more than the ${quantity(meter, remaining)} that you have left. Your limit ${resetText(limit, now)}.`
  }
  const all = window === 'lifetime' ? '' : ` ${windowName(limit)}`
  const used = `You have used all of your ${quantity(meter, amount)}${all}.`
  return limit.resetsAt === null ? used : `${used} Your limit ${resetText(limit, now)}.`
}
