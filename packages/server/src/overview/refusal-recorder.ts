import { repeat } from '../repeat.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { RefusalService } from './refusal-service.ts'

/** On average; spread out, so that nothing waits longer than ten seconds. */
const EVERY_MS = 6_500

/**
 * Writes the refusals that were counted, now and then.
 * @returns stops it; what was counted since is written by the last `flush`
 */
export function startRefusalRecorder(refusals: RefusalService, logger: Logger): () => void {
  return repeat(EVERY_MS, async () => {
    try {
      await refusals.flush()
    } catch (error) {
      logger.warn({ err: error }, 'refusals were counted and could not be written; they wait')
    }
  })
}
