import * as vscode from 'vscode'
import { usageMarkdown } from './core/usage-details.ts'
import { statusText } from './core/usage-text.ts'
import type { UsageState } from './core/usage-watcher.ts'
import type { Identity } from './options.ts'

export interface StatusBar extends vscode.Disposable {
  show(state: UsageState, waiting: number): void
}

const BACKGROUNDS = {
  fine: undefined,
  warning: new vscode.ThemeColor('statusBarItem.warningBackground'),
  reached: new vscode.ThemeColor('statusBarItem.errorBackground'),
}

export function createStatusBar({ id, appName }: Identity): StatusBar {
  const item = vscode.window.createStatusBarItem('usage', vscode.StatusBarAlignment.Right, 90)
  item.name = `${appName} usage`
  item.show()
  return {
    show(state, waiting) {
      const { text, label, level } = statusText(state, appName, waiting)
      item.text = text
      item.accessibilityInformation = { label, role: 'button' }
      item.backgroundColor = BACKGROUNDS[level]
      item.command = state.kind === 'signed-out' ? `${id}.signIn` : `${id}.showUsage`
      item.tooltip = hover(state, waiting)
    },
    dispose: () => item.dispose(),
  }

  function hover(state: UsageState, waiting: number): vscode.MarkdownString {
    const commands = state.kind === 'known' ? linksOf(state.me.upgradeUrl) : []
    const links = commands.map(([title, name]) => `[${title}](command:${id}.${name})`).join(' · ')
    const text = usageMarkdown(state, appName, waiting, new Date())
    const markdown = new vscode.MarkdownString(links === '' ? text : `${text}\n\n---\n\n${links}`, true)
    // Commands of ours and no other, whatever a name from outside looks like.
    markdown.isTrusted = { enabledCommands: commands.map(([, name]) => `${id}.${name}`) }
    return markdown
  }
}

function linksOf(upgradeUrl: string | null): (readonly [string, string])[] {
  return [
    ['Details', 'showUsage'],
    ...(upgradeUrl === null ? [] : [['Upgrade', 'upgrade'] as const]),
    ['Sessions', 'manageSessions'],
    ['Sign out', 'signOut'],
  ]
}
