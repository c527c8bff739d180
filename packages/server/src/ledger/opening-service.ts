import { retryContention } from '../database/retry-contention.ts'
import type { Opening } from './opening.ts'
import type { OpeningStore } from './opening-store.ts'

export type OpeningService = ReturnType<typeof createOpeningService>

/** @param deadlineMs longest it is tried again while others add the same users */
export function createOpeningService(store: OpeningStore, { deadlineMs }: { deadlineMs: number }) {
  return {
    /**
     * Adds those users whose addresses are free, each with an opening event for the counts they bring; no address may
     * come twice. Whoever is there already is left alone.
     * @returns the addresses that were added
     */
    open: (openings: readonly Opening[]): Promise<ReadonlySet<string>> =>
      retryContention(deadlineMs, () => store.open(openings)),
  }
}
