import type { LedgerService } from '../ledger/ledger-service.ts'
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
  let stopped = false
  let timer: NodeJS.Timeout
  const next = () => {
    // Spread out, or all replicas would look at the same moment.
    if (!stopped) timer = setTimeout(sweep, everyMs * (0.5 + Math.random())).unref()
  }
  const sweep = async () => {
    try {
      const abandoned = await ledger.sweep()
      metrics.gateway.abandoned(abandoned)
      if (abandoned > 0)
        logger.warn({ abandoned }, 'calls were abandoned: their replica died or lost the database')
    } catch (error) {
      logger.warn({ err: error }, 'expired holds were not tidied; that waits')
    }
    next()
  }
  next()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
