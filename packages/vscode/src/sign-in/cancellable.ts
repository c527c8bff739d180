import * as vscode from 'vscode'

/** Does something while a notification shows it, which the user may cancel: then null. */
export function withCancel<T>(title: string, work: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
  const location = vscode.ProgressLocation.Notification
  const run = async (_progress: unknown, cancellation: vscode.CancellationToken) => {
    const controller = new AbortController()
    cancellation.onCancellationRequested(() => controller.abort())
    try {
      return await work(controller.signal)
    } catch (error) {
      if (controller.signal.aborted) return null
      throw error
    } finally {
      // Whatever still waits for an answer gives up.
      controller.abort()
    }
  }
  return Promise.resolve(vscode.window.withProgress({ location, title, cancellable: true }, run))
}
