import type { QueueStorage } from '@promptmeter/client'
import type * as vscode from 'vscode'
import type { AnswerInbox } from '../core/answer-inbox.ts'

/** Takes answers to a sign-in at this computer's loopback address. */
export interface LoopbackServer {
  readonly redirectUri: string
  close(): void
}

/** What differs between an extension host in Node and one in a browser. */
export interface Platform {
  /** Where events wait that could not be sent: shared by all windows, kept over restarts. */
  openQueueStorage(folder: vscode.Uri, id: string): QueueStorage
  /** Whether requests may say what they come from: a browser says that itself. */
  readonly sendsUserAgent: boolean
  /** Null where nothing can listen. */
  readonly startLoopbackServer: ((inbox: AnswerInbox) => Promise<LoopbackServer>) | null
}
