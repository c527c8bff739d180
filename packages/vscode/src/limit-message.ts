import type { LimitStanding, Me } from '@promptmeter/client'
import * as vscode from 'vscode'
import { createLimitNotice, type NoticeMemory } from './core/limit-notice.ts'
import { limitMessage } from './core/usage-text.ts'
import type { Identity } from './options.ts'

/** Where a user stands, as far as a message about limits needs it. */
export type LimitedUser = Pick<Me, 'id' | 'limits' | 'upgradeUrl'>

export interface LimitMessage {
  /**
   * Tells of a reached limit once, in one window or another, until it resets or changes; true where it did.
   * @param refused the limit that refused a call
   */
  tellOnce(user: LimitedUser, refused?: LimitStanding): boolean
  /** Tells whatever was told before. */
  tell(limit: LimitStanding, upgradeUrl: string | null): void
}

/** One calm message with what to do. */
export function createLimitMessage(memory: NoticeMemory, { id, appName }: Identity): LimitMessage {
  const notice = createLimitNotice(memory)

  function tell(limit: LimitStanding, upgradeUrl: string | null): void {
    const upgrade = 'Upgrade'
    const details = 'Show usage'
    const buttons = upgradeUrl === null ? [details] : [upgrade, details]
    const text = `${appName}: ${limitMessage(limit, new Date())}`
    // Not waited for: the user may leave it there.
    void vscode.window.showWarningMessage(text, ...buttons).then((chosen) => {
      if (chosen === upgrade) void vscode.commands.executeCommand(`${id}.upgrade`)
      if (chosen === details) void vscode.commands.executeCommand(`${id}.showUsage`)
    })
  }

  return {
    tell,
    tellOnce(user, refused) {
      const limit = notice.due(user, refused)
      if (limit !== null) tell(limit, user.upgradeUrl)
      return limit !== null
    },
  }
}
