import * as vscode from 'vscode'
import type { AnswerInbox } from '../core/answer-inbox.ts'

const PATH = '/signed-in'

/** Links that lead from the browser back to this window. */
export interface CallbackUris {
  /** The address of this window, as the browser can reach it. */
  address(): Promise<string>
  /** Puts every answer there until it is disposed of. */
  deliverTo(inbox: AnswerInbox): vscode.Disposable
  /** True where the address was for a sign-in; it may have been for one that is over, or of another window. */
  handleUri(uri: vscode.Uri): boolean
}

export function createCallbackUris(extensionId: string): CallbackUris {
  const inboxes = new Set<AnswerInbox>()
  return {
    async address() {
      const own = vscode.Uri.parse(`${vscode.env.uriScheme}://${extensionId}${PATH}`)
      // Adds the window; in a browser it becomes an address of the editor's own server.
      const outside = await vscode.env.asExternalUri(own)
      // As it is: escaping its `=` and `&` would make another address of it.
      return outside.toString(true)
    },
    deliverTo(inbox) {
      inboxes.add(inbox)
      return new vscode.Disposable(() => inboxes.delete(inbox))
    },
    handleUri({ path, query }) {
      if (path !== PATH) return false
      for (const inbox of inboxes) inbox.put(new URLSearchParams(query))
      return true
    },
  }
}
