import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { createGatewayMetrics, type GatewayMetrics } from './gateway-metrics.ts'

/** What a scrape of `/metrics` tells. */
export interface Metrics {
  readonly contentType: string
  readonly gateway: GatewayMetrics
  render(): Promise<string>
  requestFinished(route: string, method: string, status: number, seconds: number): void
  batchCommitted(size: number, seconds: number): void
  batchRetried(): void
  callRejected(): void
  usageRecorded(prompts: number, tokens: number): void
  /** @param depth gives the calls that wait for a commit */
  watchQueue(depth: () => number): void
}

/** Each application has its own registry, so that several can live in one process. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  // Among them nodejs_eventloop_lag_*, the delay of the event loop.
  collectDefaultMetrics({ register: registry })

  const requests = new Histogram({
    name: 'promptmeter_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  })
  const batchSizes = new Histogram({
    name: 'promptmeter_commit_batch_size',
    help: 'Calls that shared one commit',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers,
  })
  const commitSeconds = new Histogram({
    name: 'promptmeter_commit_duration_seconds',
    help: 'Time one batch took at the database, lock to commit',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  })
  const retries = new Counter({
    name: 'promptmeter_commit_retries_total',
    help: 'Batches tried again',
    registers,
  })
  const rejected = new Counter({
    name: 'promptmeter_commit_rejected_calls_total',
    help: 'Calls that the database would not take even alone',
    registers,
  })
  const events = new Counter({
    name: 'promptmeter_usage_events_total',
    help: 'Usage events recorded',
    registers,
  })
  const prompts = new Counter({ name: 'promptmeter_prompts_total', help: 'Prompts recorded', registers })
  const tokens = new Counter({ name: 'promptmeter_tokens_total', help: 'Tokens recorded', registers })

  return {
    contentType: registry.contentType,
    gateway: createGatewayMetrics(registry),
    render: () => registry.metrics(),
    requestFinished: (route, method, status, seconds) =>
      requests.labels(route, method, String(status)).observe(seconds),
    batchCommitted(size, seconds) {
      batchSizes.observe(size)
      commitSeconds.observe(seconds)
    },
    batchRetried: () => retries.inc(),
    callRejected: () => rejected.inc(),
    usageRecorded(promptCount, tokenCount) {
      events.inc()
      prompts.inc(promptCount)
      tokens.inc(tokenCount)
    },
    watchQueue(depth) {
      new Gauge({
        name: 'promptmeter_commit_queue_depth',
        help: 'Calls not answered yet',
        registers,
        collect() {
          this.set(depth())
        },
      })
    },
  }
}
