import {
  fromOpenAIError,
  LimitReachedError,
  type LimitStanding,
  PromptmeterError,
  SignInRequiredError,
} from '@promptmeter/client'
import * as vscode from 'vscode'
import { reachedLimit } from './core/limit-level.ts'
import type { UsageWatcher } from './core/usage-watcher.ts'
import type { LimitMessage } from './limit-message.ts'
import type { HandleErrorOptions } from './promptmeter.ts'

export interface Refusals {
  /** A model of ours refused a call: other extensions get to see no more of it than a sentence. */
  noteCall(error: unknown): void
  /** See `Promptmeter.handleError`. */
  handle(error: unknown, options?: HandleErrorOptions): Promise<boolean>
}

/** Shows what a refused call means to the user: by what the server says now, once, and with what to do. */
export function createRefusals(watcher: UsageWatcher, message: LimitMessage): Refusals {
  let lastRefused: LimitStanding | undefined

  return {
    noteCall(error) {
      lastRefused = error instanceof LimitReachedError ? error.limit : undefined
      void watcher.refresh()
    },
    async handle(error, { userAsked = false } = {}) {
      const refusal = refusalOf(error)
      if (refusal === null) return false
      const state = await watcher.refresh()
      if (state.kind === 'signed-out') return true
      if (state.kind !== 'known') return false
      const refused = refusal instanceof LimitReachedError ? refusal.limit : lastRefused
      const limit = refused ?? reachedLimit(state.me.limits)
      if (limit === null) return false
      if (userAsked) message.tell(limit, state.me.upgradeUrl)
      else message.tellOnce(state.me, limit)
      return true
    },
  }
}

/** A reached limit or a session that is over, however it was told; null for anything else. */
function refusalOf(error: unknown): object | null {
  if (error instanceof vscode.LanguageModelError) {
    return error.code === 'Blocked' || error.code === 'NoPermissions' ? error : null
  }
  const known = error instanceof PromptmeterError ? error : fromOpenAIError(error)
  return known instanceof LimitReachedError || known instanceof SignInRequiredError ? known : null
}
