import * as vscode from 'vscode'

const PATH = '/signed-in'

/** Links that lead from the browser back to this window. */
export interface CallbackUris {
  /** The address of this window, as the browser can reach it. */
  address(): Promise<string>
  /** The next answer that belongs to a sign-in of this window. */
  next(): { readonly answer: Promise<URLSearchParams>; dispose(): void }
  /** True where the address was for a sign-in; it may have been for one that is over. */
  handleUri(uri: vscode.Uri): boolean
}

export function createCallbackUris(extensionId: string): CallbackUris {
  const waiting = new Set<(query: URLSearchParams) => void>()
  return {
    async address() {
      const own = vscode.Uri.parse(`${vscode.env.uriScheme}://${extensionId}${PATH}`)
      // Adds the window; in a browser it becomes an address of the editor's own server.
      const outside = await vscode.env.asExternalUri(own)
      // As it is: escaping its `=` and `&` would make another address of it.
      return outside.toString(true)
    },
    next() {
      let arrived = (_query: URLSearchParams) => {}
      const answer = new Promise<URLSearchParams>((resolve) => {
        arrived = resolve
      })
      waiting.add(arrived)
      return { answer, dispose: () => void waiting.delete(arrived) }
    },
    handleUri({ path, query }) {
      if (path !== PATH) return false
      for (const arrived of waiting) arrived(new URLSearchParams(query))
      return true
    },
  }
}
