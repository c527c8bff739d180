import type { PromptmeterClient } from '@promptmeter/client'
import * as vscode from 'vscode'
import type { SessionKeeper } from './core/session-keeper.ts'
import type { Identity } from './options.ts'

const RENEW_EVERY_MS = 24 * 60 * 60 * 1000

/** Renews the session now, each day, and whenever the window gets the focus, when it is due. */
export function keepSessionFresh(keeper: SessionKeeper, client: PromptmeterClient): vscode.Disposable {
  const renew = () => void keeper.renewIfDue(() => client.renew(), new Date())
  const timer = setInterval(renew, RENEW_EVERY_MS)
  const focus = vscode.window.onDidChangeWindowState(({ focused }) => {
    if (focused) renew()
  })
  renew()
  return vscode.Disposable.from(focus, { dispose: () => clearInterval(timer) })
}

/**
 * A desktop without a keyring keeps secrets only until it is closed, and says nothing. Who was signed in and finds nobody
 * is told why.
 */
export async function watchLostSecrets(
  keeper: SessionKeeper,
  memory: vscode.Memento,
  { id, appName }: Identity,
): Promise<vscode.Disposable> {
  const key = `${id}.signedIn`
  const listening = keeper.onDidChange(
    ({ after }) => void memory.update(key, after === null ? undefined : true),
  )
  // A store that cannot be read has lost nothing yet.
  const session = await keeper.current().catch(() => undefined)
  // A browser that keeps none of another's secrets has lost nothing either.
  const isDesktop = vscode.env.uiKind === vscode.UIKind.Desktop
  if (session === null && memory.get(key) === true && isDesktop) {
    await memory.update(key, undefined)
    void vscode.window.showWarningMessage(
      `${appName}: your sign-in was not kept, as this computer has no keyring that the editor can use. You will have to sign in at each start until there is one.`,
    )
  }
  return listening
}
