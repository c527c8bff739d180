import type { LedgerService } from '../ledger/ledger-service.ts'
import { repeat } from '../repeat.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/**
 * Tidies holds of replicas that died, now and then. They count for nothing from the moment they expire, so nothing
 * depends on how often this runs, or whether.
 * @returns stops it
 */
export function startHoldSweeper(
  { ledger, metrics }: { ledger: LedgerService; metrics: Metrics },
  everyMs: number,
  logger: Logger,
): () => void {
  return repeat(everyMs, async () => {
    try {
      const abandoned = await ledger.sweep()
      metrics.gateway.abandoned(abandoned)
      if (abandoned > 0)
        logger.warn({ abandoned }, 'calls were abandoned: their replica died or lost the database')
    } catch (error) {
      logger.warn({ err: error }, 'expired holds were not tidied; that waits')
    }
  })
}
