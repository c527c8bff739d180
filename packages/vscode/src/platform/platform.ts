import type { QueueStorage } from '@promptmeter/client'
import type * as vscode from 'vscode'

/** An answer to a sign-in that came to this computer's loopback address. */
export interface LoopbackServer {
  readonly redirectUri: string
  /** The query that the browser came back with. */
  readonly answer: Promise<URLSearchParams>
  close(): void
}

/** What differs between an extension host in Node and one in a browser. */
export interface Platform {
  /** Where events wait that could not be sent: shared by all windows, kept over restarts. */
  openQueueStorage(folder: vscode.Uri, id: string): QueueStorage
  /** Null where nothing can listen. */
  readonly startLoopbackServer: (() => Promise<LoopbackServer>) | null
}
