import { createRefusalCounts, type RefusalTotal } from './refusal-counts.ts'
import type { RefusalStore } from './refusal-store.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const KEPT_DAYS = 90

export type RefusalService = ReturnType<typeof createRefusalService>

export function createRefusalService(store: RefusalStore) {
  const counts = createRefusalCounts()
  let writing: Promise<void> = Promise.resolve()

  const write = async (): Promise<void> => {
    const taken = counts.take()
    if (taken.length === 0) return
    try {
      await store.add(taken)
    } catch (error) {
      counts.putBack(taken)
      throw error
    }
  }

  return {
    /** Costs an increment; the database learns of it at the next `flush`. */
    count: counts.count,

    /**
     * Adds what was counted to the database, one write at a time. What could not be written stays for the next; where
     * the connection broke in between it may be counted twice.
     * @throws as the database does
     */
    flush(): Promise<void> {
      writing = writing.then(write, write)
      return writing
    },

    /** Those of `[from, to)` that every replica has written, most frequent first. */
    read: (from: Date, to: Date): Promise<RefusalTotal[]> => store.read(from, to),

    deleteOld: (): Promise<void> => store.deleteBefore(new Date(Date.now() - KEPT_DAYS * DAY_MS)),
  }
}
