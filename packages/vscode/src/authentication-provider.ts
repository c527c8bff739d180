import * as vscode from 'vscode'
import type { EditorSession, SessionKeeper } from './core/session-keeper.ts'

export interface AuthenticationParts {
  readonly keeper: SessionKeeper
  signIn(): Promise<EditorSession>
  signOut(): Promise<void>
}

export interface PromptmeterAuthentication extends vscode.AuthenticationProvider, vscode.Disposable {}

/** The session as the editor's own: it stands under Accounts, and other extensions may ask for it. */
export function createAuthenticationProvider(parts: AuthenticationParts): PromptmeterAuthentication {
  const { keeper } = parts
  const changed = new vscode.EventEmitter<vscode.AuthenticationProviderAuthenticationSessionsChangeEvent>()
  const listening = keeper.onDidChange(({ before, after }) => {
    changed.fire({
      added: after === null ? [] : [toSession(after)],
      removed: before === null ? [] : [toSession(before)],
      changed: [],
    })
  })
  return {
    onDidChangeSessions: changed.event,
    async getSessions(scopes, options) {
      const session = await keeper.current()
      if (session === null || (options?.account !== undefined && options.account.id !== session.userId))
        return []
      return [toSession(session, scopes)]
    },
    createSession: async (scopes) => toSession(await parts.signIn(), scopes),
    async removeSession(id) {
      if ((await keeper.current())?.sessionId === id) await parts.signOut()
    },
    dispose() {
      listening.dispose()
      changed.dispose()
    },
  }
}

/** There is one scope and it is granted always, so whatever was asked for is what it has. */
function toSession(
  session: EditorSession,
  scopes: readonly string[] = ['api'],
): vscode.AuthenticationSession {
  const { sessionId: id, token: accessToken, userId, email } = session
  return { id, accessToken, account: { id: userId, label: email }, scopes }
}
