import type { GatewayConfig } from '../config/config.ts'
import type { LedgerService } from '../ledger/ledger-service.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { GatewayMetrics } from '../telemetry/gateway-metrics.ts'
import type { Logger } from '../telemetry/logger.ts'
import { type Caller, createCallAdmission } from './call-admission.ts'
import type { ClientStream } from './client-stream.ts'
import type { Redactor } from './content-redactor.ts'
import { GatewayCall } from './gateway-call.ts'
import type { GatewayRequest } from './gateway-request.ts'
import type { TokenCounter } from './token-counter.ts'
import type { Upstream } from './upstream.ts'
import type { WholeAnswer } from './whole-answer.ts'

export interface GatewayParts {
  readonly config: GatewayConfig
  readonly ledger: LedgerService
  /** Null where no provider is configured. */
  readonly upstream: Upstream | null
  readonly redactor: Redactor
  readonly counter: TokenCounter
  readonly metrics: GatewayMetrics
  readonly logger: Logger
}

export interface ClientCall extends Caller {
  readonly request: GatewayRequest
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly client: ClientStream
}

export type GatewayService = ReturnType<typeof createGatewayService>

export function createGatewayService({ config, upstream, ...parts }: GatewayParts) {
  const { ledger, metrics, logger, counter } = parts
  const admit = createCallAdmission({
    ledger,
    metrics,
    logger,
    counter,
    lifetimeMs: config.holdLifetimeMs,
    upgradeUrl: config.upgradeUrl,
  })
  const underWay = new Set<GatewayCall>()
  let whenIdle: (() => void)[] = []
  metrics.watchCalls(() => underWay.size)

  return {
    /** Calls that are not answered yet. */
    get underWay(): number {
      return underWay.size
    },

    /** @throws PromptmeterError `upstream_not_configured` */
    requireUpstream(): Upstream {
      if (upstream !== null) return upstream
      throw new PromptmeterError(
        'upstream_not_configured',
        'This server has no AI provider: API_KEY is not set.',
      )
    },

    /**
     * Makes a call for a client: holds its worst case, passes it on, charges what was used. Gives the answer, or null
     * once it was streamed.
     * @throws PromptmeterError as the routes document; then nothing was charged, save for a client that left
     */
    async call({ request, headers, client, ...caller }: ClientCall): Promise<WholeAnswer | null> {
      const target = this.requireUpstream()
      let admitted: Awaited<ReturnType<typeof admit>>
      try {
        admitted = await admit(request, caller)
      } catch (error) {
        if (error instanceof PromptmeterError) metrics.finished(request.endpoint, error.code)
        throw error
      }
      const call = new GatewayCall({ ...parts, upstream: target }, request, admitted, client, headers)
      underWay.add(call)
      try {
        return await call.run()
      } finally {
        underWay.delete(call)
        if (underWay.size === 0) {
          for (const tell of whenIdle) tell()
          whenIdle = []
        }
      }
    },

    /** Lets calls under way finish for so long, then ends them: what was delivered is charged. */
    async drain(graceMs: number): Promise<void> {
      if (underWay.size === 0) return
      const idle = new Promise<void>((resolve) => whenIdle.push(resolve))
      const timer = setTimeout(() => {
        for (const call of underWay) call.end(new PromptmeterError('draining', 'The server is stopping.'))
      }, graceMs)
      await idle
      clearTimeout(timer)
    },

    close: async (): Promise<void> => upstream?.close(),
  }
}
