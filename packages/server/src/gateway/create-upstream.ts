import type { GatewayConfig } from '../config/config.ts'
import { createDemoUpstream } from './demo-upstream.ts'
import { createHttpUpstream } from './http-upstream.ts'
import type { TokenCounter } from './token-counter.ts'
import type { Upstream } from './upstream.ts'

/** The provider of the settings; with no key the model of our own where it may be tried, elsewhere none. */
export function createUpstream(
  config: GatewayConfig,
  apiKey: string | null,
  counter: TokenCounter,
): Upstream | null {
  if (apiKey !== null) return createHttpUpstream(config, apiKey)
  return config.demo ? createDemoUpstream(counter) : null
}
