import type { OfflineQueue, PromptmeterClient } from '@promptmeter/client'
import * as vscode from 'vscode'
import type { EditorSession, SessionKeeper } from './core/session-keeper.ts'
import { inert } from './core/wording.ts'
import type { Identity } from './options.ts'

export interface SessionFlowParts {
  readonly identity: Identity
  readonly client: PromptmeterClient
  readonly keeper: SessionKeeper
  readonly queue: OfflineQueue
  /** Asks the user, and gives a session token. @throws vscode.CancellationError */
  askUser(): Promise<string>
}

export interface SessionFlow {
  signIn(): Promise<EditorSession>
  signOut(): Promise<void>
  /** The server does not take this token any more: where that is news, the user is asked to sign in again. */
  onRefused(token: string): Promise<void>
}

/** Begins and ends the session, at the server and in every window. */
export function createSessionFlow(parts: SessionFlowParts): SessionFlow {
  const { identity, client, keeper, queue } = parts
  const { id, appName } = identity
  let signingIn: Promise<EditorSession> | undefined
  let signingOut = false

  async function startSession(): Promise<EditorSession> {
    return (await keeper.current()) ?? keeper.begin(await parts.askUser())
  }

  async function endSession(): Promise<void> {
    // What waits is sent while it can be; the rest waits for the same user.
    await queue.flush()
    try {
      await client.signOut()
    } catch (error) {
      const why = inert((error as Error).message)
      void vscode.window.showWarningMessage(
        `${appName}: you are signed out here, but the server could not be told: ${why} The session ends by itself within 30 days, or from another editor under Manage Sessions.`,
      )
    }
    await keeper.forget()
  }

  return {
    signIn() {
      // One question at a time, whoever asks.
      signingIn ??= startSession().finally(() => {
        signingIn = undefined
      })
      return signingIn
    },
    async signOut() {
      signingOut = true
      try {
        await endSession()
      } finally {
        signingOut = false
      }
    },
    async onRefused(token) {
      await keeper.refused(token)
      if (signingOut || (await keeper.current()) !== null) return
      const signIn = 'Sign in'
      const text = `${appName}: your session has ended. Sign in again to go on.`
      void vscode.window.showWarningMessage(text, signIn).then((chosen) => {
        if (chosen === signIn) void vscode.commands.executeCommand(`${id}.signIn`)
      })
    },
  }
}
