import { activatePromptmeter } from '@promptmeter/vscode'
import * as vscode from 'vscode'

export async function activate(context: vscode.ExtensionContext) {
  const serverUrl = vscode.workspace.getConfiguration('hello').get('serverUrl', 'http://127.0.0.1:3000')
  const meter = await activatePromptmeter(context, { serverUrl })

  const ask = vscode.commands.registerCommand('hello.ask', async () => {
    await meter.signIn()
    const [model] = await vscode.lm.selectChatModels({ vendor: 'hello' })
    try {
      const answer = await model?.sendRequest([
        vscode.LanguageModelChatMessage.User('Say hello to the world.'),
      ])
      const editor = await vscode.window.showTextDocument(await vscode.workspace.openTextDocument())
      for await (const text of answer?.text ?? []) {
        await editor.edit((edit) => edit.insert(new vscode.Position(editor.document.lineCount, 0), text))
      }
    } catch (error) {
      if (!(await meter.handleError(error, { userAsked: true }))) throw error
    }
  })

  // For a model that you call yourself, without the gateway: say what it used.
  const count = vscode.commands.registerCommand('hello.count', () =>
    meter.track({ usage: 1, tokenCount: 42, model: 'my-own-model' }),
  )
  context.subscriptions.push(ask, count)
}
