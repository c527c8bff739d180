import { repeat } from '../repeat.ts'
import type { Logger } from '../telemetry/logger.ts'

const EVERY_MS = 10 * 60 * 1000

/**
 * Deletes what has expired: of signing in, and counts that are too old. It counts for nothing from the moment it expires,
 * so nothing depends on this.
 * @param deletions one for each kind
 * @returns stops it
 */
export function startExpirySweeper(deletions: readonly (() => Promise<void>)[], logger: Logger): () => void {
  return repeat(EVERY_MS, async () => {
    for (const deleteExpired of deletions) {
      try {
        await deleteExpired()
      } catch (error) {
        logger.warn({ err: error }, 'what has expired was not tidied; that waits')
      }
    }
  })
}
