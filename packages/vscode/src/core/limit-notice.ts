import type { LimitStanding, Me } from '@promptmeter/client'
import { reachedLimit } from './limit-level.ts'

/** What was said before, kept over restarts: `vscode.Memento`. */
export interface NoticeMemory {
  get(key: string): unknown
  update(key: string, value: unknown): PromiseLike<void>
}

/** Says of each reached limit once, in one window or another, until it resets or changes. */
export interface LimitNotice {
  /**
   * The limit to tell the user of now; null for none, or when that was done.
   * @param refused the limit that refused a call: one that has something left may still be too small for it
   */
  due(me: Pick<Me, 'id' | 'limits'>, refused?: LimitStanding): LimitStanding | null
}

const KEY = 'promptmeter.limitTold'

export function createLimitNotice(memory: NoticeMemory): LimitNotice {
  return {
    due({ id, limits }, refused) {
      const reached = refused ?? reachedLimit(limits)
      if (reached === null) return null
      const { meter, window, amount, windowStart } = reached
      const occasion = [id, meter, window, amount, windowStart].join(' ')
      if (memory.get(KEY) === occasion) return null
      void memory.update(KEY, occasion)
      return reached
    },
  }
}
