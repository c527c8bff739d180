import { type PromptmeterClient, SignInRequiredError } from '@promptmeter/client'
import * as vscode from 'vscode'
import type { UsageWatcher } from './core/usage-watcher.ts'
import { inert } from './core/wording.ts'
import type { CommandName, Identity } from './options.ts'
import type { Promptmeter } from './promptmeter.ts'
import { showSessionMenu } from './session-menu.ts'
import { showUsageMenu } from './usage-menu.ts'

export interface CommandParts {
  readonly identity: Identity
  readonly client: PromptmeterClient
  readonly watcher: UsageWatcher
  readonly signIn: Promptmeter['signIn']
  readonly signOut: Promptmeter['signOut']
}

/** What `package.json` contributes to the palette, the menus and the status bar. */
export function registerCommands(parts: CommandParts): vscode.Disposable {
  const { identity, client, watcher, signIn, signOut } = parts
  const { id, appName } = identity

  const commands: Record<CommandName, () => Promise<unknown>> = {
    signIn: async () => {
      const { email } = await signIn()
      void vscode.window.showInformationMessage(`${appName}: signed in as ${inert(email)}.`)
    },
    async signOut() {
      await signOut()
      void vscode.window.showInformationMessage(`${appName}: signed out.`)
    },
    showUsage: async () => showUsageMenu(await watcher.refresh(), identity),
    manageSessions: async () => {
      await showSessionMenu(client, appName)
      await watcher.refresh()
    },
    async upgrade() {
      const { upgradeUrl } = await client.me()
      if (upgradeUrl !== null) return vscode.env.openExternal(vscode.Uri.parse(upgradeUrl, true))
      return vscode.window.showInformationMessage(`${appName}: ask whoever runs the server for more.`)
    },
  }

  const run = async (name: CommandName) => {
    try {
      await commands[name]()
    } catch (error) {
      // Said by the watcher, with a button to sign in.
      if (error instanceof SignInRequiredError) await watcher.refresh()
      else if (!(error instanceof vscode.CancellationError)) {
        void vscode.window.showErrorMessage(`${appName}: ${inert((error as Error).message)}`)
      }
    }
  }
  const names = Object.keys(commands) as CommandName[]
  return vscode.Disposable.from(
    ...names.map((name) => vscode.commands.registerCommand(`${id}.${name}`, () => run(name))),
  )
}
