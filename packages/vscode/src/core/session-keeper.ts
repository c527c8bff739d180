import { isRenewalDue, readSessionToken, type SessionClaims, SignInRequiredError } from '@promptmeter/client'
import { createEmitter, type Listen } from './emitter.ts'

/** As much of `vscode.SecretStorage` as is needed: all windows share it. */
export interface SecretStore {
  get(key: string): PromiseLike<string | undefined>
  store(key: string, value: string): PromiseLike<void>
  delete(key: string): PromiseLike<void>
  onDidChange(listener: (event: { readonly key: string }) => void): { dispose(): void }
}

export interface EditorSession extends SessionClaims {
  readonly token: string
}

export interface SessionChange {
  readonly before: EditorSession | null
  readonly after: EditorSession | null
}

/** The one session of this extension, the same in every window. */
export interface SessionKeeper {
  current(): Promise<EditorSession | null>
  /** A sign-in, a sign-out or a change of user, in this window or another. A renewed token of the same session is none. */
  readonly onDidChange: Listen<SessionChange>
  begin(token: string): Promise<EditorSession>
  /** Forgets the session; it is not ended at the server. */
  forget(): Promise<void>
  /** The server refused this token: it is forgotten, unless another window has signed in anew meanwhile. */
  refused(token: string): Promise<void>
  /** From half of its life on the session gets a fresh token, without a word. Failures are left for the next time. */
  renewIfDue(renew: () => Promise<{ sessionToken: string }>, now: Date): Promise<void>
  dispose(): void
}

/** @param key names the session; another server is another key */
export function createSessionKeeper(secrets: SecretStore, key: string): SessionKeeper {
  const changed = createEmitter<SessionChange>()
  let known: EditorSession | null = null
  // One after the other: what was read last is what was stored last.
  let reading: Promise<EditorSession | null> | undefined

  async function read(): Promise<EditorSession | null> {
    const before = known
    known = sessionOf(await secrets.get(key))
    if (before?.sessionId !== known?.sessionId) changed.fire({ before, after: known })
    return known
  }

  function reload(): Promise<EditorSession | null> {
    const next = (reading ?? Promise.resolve(null)).then(read, read)
    reading = next
    // What could not be read is read again by whoever asks next.
    next.catch(() => {
      if (reading === next) reading = undefined
    })
    return next
  }

  const current = () => reading ?? reload()
  const listening = secrets.onDidChange((event) => {
    if (event.key === key) void reload()
  })

  async function forget(): Promise<void> {
    await secrets.delete(key)
    await reload()
  }

  async function refused(token: string): Promise<void> {
    if ((await secrets.get(key)) === token) await forget()
  }

  return {
    current,
    onDidChange: changed.on,
    async begin(token) {
      const session = sessionOf(token)
      if (session === null) throw new TypeError('The server gave something that is no session token.')
      await secrets.store(key, token)
      await reload()
      return session
    },
    forget,
    refused,
    async renewIfDue(renew, now) {
      const session = await current().catch(() => null)
      if (session === null || !isRenewalDue(session, now)) return
      try {
        const { sessionToken } = await renew()
        // Somebody may have signed out, or in anew, while the answer was on its way.
        if ((await secrets.get(key)) === session.token) await secrets.store(key, sessionToken)
        await reload()
      } catch (error) {
        if (error instanceof SignInRequiredError) await refused(session.token)
      }
    },
    dispose: () => listening.dispose(),
  }
}

function sessionOf(token: string | undefined): EditorSession | null {
  const claims = token === undefined ? null : readSessionToken(token)
  return claims === null ? null : { ...claims, token: token as string }
}
