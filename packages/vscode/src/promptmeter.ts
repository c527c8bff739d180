import type { PromptmeterClient, UsageEvent } from '@promptmeter/client'
import type * as vscode from 'vscode'
import type { EditorSession } from './core/session-keeper.ts'
import type { UsageState } from './core/usage-watcher.ts'

export interface HandleErrorOptions {
  /** The user asked for this very call, and would wonder: the limit is told again. Leave it out for calls per keystroke. */
  readonly userAsked?: boolean
}

/** What `activatePromptmeter` gives. Disposed of with the extension. */
export interface Promptmeter extends vscode.Disposable {
  readonly client: PromptmeterClient
  /** Who is signed in; null for nobody. */
  session(): Promise<EditorSession | null>
  /** Signs in unless somebody is. @throws vscode.CancellationError where the user would rather not */
  signIn(): Promise<EditorSession>
  /** Ends the session at the server and in every window. */
  signOut(): Promise<void>
  /**
   * Counts what did not go through the gateway. Resolves once the event is kept on this computer; it is sent at once, or when
   * the server is there again, and counts once.
   * @throws SignInRequiredError while nobody is signed in; PromptmeterError `queue_full`
   */
  track(event: UsageEvent): Promise<void>
  /** What the status bar shows. */
  readonly usage: UsageState
  readonly onDidChangeUsage: vscode.Event<UsageState>
  /** Asks the server anew, after a call of the gateway that the kit did not see. */
  refreshUsage(): Promise<UsageState>
  /**
   * Shows what an error of the client, of the `openai` package or of a language model means to the user: a reached limit once,
   * an ended session with a way to sign in. False for any other error: that one is yours.
   */
  handleError(error: unknown, options?: HandleErrorOptions): Promise<boolean>
  /** For an extension with a URI handler of its own. True where the address was for a sign-in. */
  handleUri(uri: vscode.Uri): boolean
}
