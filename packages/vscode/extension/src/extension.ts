import { activatePromptmeter, type Promptmeter } from '@promptmeter/vscode'
import * as vscode from 'vscode'

const SETTING = 'promptmeter.serverUrl'

/** Promptmeter for whoever has a server and no extension of their own: its address is a setting. */
export async function activate(
  context: vscode.ExtensionContext,
): Promise<{ readonly meter: Promptmeter | null }> {
  const exported: { meter: Promptmeter | null } = { meter: null }
  let shown: vscode.Disposable | null = null

  async function start(): Promise<void> {
    exported.meter?.dispose()
    shown?.dispose()
    exported.meter = null
    shown = null
    setReady(false)
    const serverUrl = vscode.workspace.getConfiguration().get<string>(SETTING, '').trim()
    if (serverUrl === '') {
      shown = showSetUp('Set up Promptmeter', 'Say where your Promptmeter server is.')
      return
    }
    try {
      exported.meter = await activatePromptmeter(context, { serverUrl })
      setReady(true)
    } catch (error) {
      shown = showSetUp('Promptmeter', (error as Error).message)
    }
  }

  context.subscriptions.push(
    vscode.commands.registerCommand('promptmeter.setUp', () =>
      vscode.commands.executeCommand('workbench.action.openSettings', SETTING),
    ),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SETTING)) void start()
    }),
    { dispose: () => shown?.dispose() },
  )
  await start()
  return exported
}

/** Which commands the palette shows. */
function setReady(ready: boolean): void {
  void vscode.commands.executeCommand('setContext', 'promptmeter.ready', ready)
}

/** What stands in the status bar while there is no server. */
function showSetUp(text: string, tooltip: string): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('setUp', vscode.StatusBarAlignment.Right, 90)
  item.text = `$(plug) ${text}`
  item.tooltip = tooltip
  item.command = 'promptmeter.setUp'
  item.show()
  return item
}
