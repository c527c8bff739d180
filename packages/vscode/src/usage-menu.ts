import * as vscode from 'vscode'
import { levelOf } from './core/limit-level.ts'
import { modelLine } from './core/usage-details.ts'
import type { UsageState } from './core/usage-watcher.ts'
import { bare, inert, resetText, share, windowName } from './core/wording.ts'
import type { CommandName, Identity } from './options.ts'

interface UsageItem extends vscode.QuickPickItem {
  readonly runs?: CommandName
}

const ICONS = { fine: '$(pass)', warning: '$(warning)', reached: '$(error)' }

/** Everything there is to know and to do, in a list. */
export async function showUsageMenu(state: UsageState, { id, appName }: Identity): Promise<void> {
  const title =
    state.kind === 'known' ? `${appName}: ${inert(state.me.email)}, plan ${state.me.plan}` : appName
  const picked = await vscode.window.showQuickPick<UsageItem>(usageItems(state, new Date()), { title })
  if (picked?.runs !== undefined) await vscode.commands.executeCommand(`${id}.${picked.runs}`)
}

function usageItems(state: UsageState, now: Date): UsageItem[] {
  if (state.kind === 'signed-out') return [{ label: '$(sign-in) Sign in', runs: 'signIn' }]
  const signOut: UsageItem = { label: '$(sign-out) Sign out', runs: 'signOut' }
  if (state.kind === 'loading') return [{ label: '$(loading~spin) Loading', runs: 'showUsage' }, signOut]
  if (state.kind === 'failed') {
    return [{ label: '$(refresh) Try again', detail: inert(state.error.message), runs: 'showUsage' }, signOut]
  }
  const { me, byModel, offline } = state
  return [
    ...(offline ? [{ label: '$(cloud-offline) Offline', detail: 'This is what was known before.' }] : []),
    heading('Limits'),
    ...(me.limits.length === 0 ? [{ label: '$(pass) Nothing limits you' }] : []),
    ...me.limits.map((limit) => ({
      label: `${ICONS[levelOf(limit)]} ${share(limit)} ${windowName(limit)}`,
      description: `${bare(limit.meter, limit.remaining)} left`,
      detail: resetText(limit, now),
    })),
    heading('This month by model (UTC)'),
    ...(byModel === null ? [{ label: '$(cloud-offline) Not known right now' }] : []),
    ...(byModel?.length === 0 ? [{ label: '$(circle-outline) Nothing yet' }] : []),
    ...(byModel ?? []).map((total) => ({ label: `$(symbol-misc) ${inert(modelLine(total))}` })),
    heading('Account'),
    ...(me.upgradeUrl === null ? [] : [{ label: '$(rocket) Upgrade', runs: 'upgrade' as const }]),
    { label: '$(device-desktop) Manage sessions', runs: 'manageSessions' },
    signOut,
  ]
}

function heading(label: string): UsageItem {
  return { label, kind: vscode.QuickPickItemKind.Separator }
}
