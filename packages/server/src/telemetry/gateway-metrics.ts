import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** What a scrape tells of the gateway. */
export interface GatewayMetrics {
  /** @param result `charged`, `released`, or the code of a refusal */
  finished(endpoint: string, result: string): void
  firstByte(endpoint: string, seconds: number): void
  settled(estimated: boolean, tokensBeyondHold: number): void
  abandoned(holds: number): void
  /** @param count gives the calls under way */
  watchCalls(count: () => number): void
}

export function createGatewayMetrics(registry: Registry): GatewayMetrics {
  const registers = [registry]
  const calls = new Counter({
    name: 'promptmeter_gateway_calls_total',
    help: 'Calls of the gateway that ended, by endpoint and result',
    labelNames: ['endpoint', 'result'],
    registers,
  })
  const firstByte = new Histogram({
    name: 'promptmeter_gateway_first_byte_seconds',
    help: 'Time from a request that was admitted to the first byte of the upstream',
    labelNames: ['endpoint'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
    registers,
  })
  const estimated = new Counter({
    name: 'promptmeter_gateway_estimated_calls_total',
    help: "Calls counted by our own tokenizer, for the upstream's numbers never came",
    registers,
  })
  const beyond = new Counter({
    name: 'promptmeter_gateway_tokens_beyond_hold_total',
    help: 'Tokens used past those that were held',
    registers,
  })
  const abandoned = new Counter({
    name: 'promptmeter_holds_abandoned_total',
    help: 'Holds that expired because their replica died, tidied by this one',
    registers,
  })

  return {
    finished: (endpoint, result) => calls.labels(endpoint, result).inc(),
    firstByte: (endpoint, seconds) => firstByte.labels(endpoint).observe(seconds),
    settled(wasEstimated, tokensBeyondHold) {
      if (wasEstimated) estimated.inc()
      if (tokensBeyondHold > 0) beyond.inc(tokensBeyondHold)
    },
    abandoned: (holds) => abandoned.inc(holds),
    watchCalls(count) {
      new Gauge({
        name: 'promptmeter_gateway_calls_under_way',
        help: 'Calls of the gateway under way',
        registers,
        collect() {
          this.set(count())
        },
      })
    },
  }
}
