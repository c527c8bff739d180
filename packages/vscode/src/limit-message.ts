import type { LimitStanding } from '@promptmeter/client'
import * as vscode from 'vscode'
import { limitMessage } from './core/usage-text.ts'
import type { Identity } from './options.ts'

/** One calm message with what to do. It is not waited for. */
export function showLimitMessage(
  limit: LimitStanding,
  upgradeUrl: string | null,
  { id, appName }: Identity,
): void {
  const upgrade = 'Upgrade'
  const details = 'Show usage'
  const buttons = upgradeUrl === null ? [details] : [upgrade, details]
  const text = `${appName}: ${limitMessage(limit, new Date())}`
  void vscode.window.showWarningMessage(text, ...buttons).then((chosen) => {
    if (chosen === upgrade) void vscode.commands.executeCommand(`${id}.upgrade`)
    if (chosen === details) void vscode.commands.executeCommand(`${id}.showUsage`)
  })
}
