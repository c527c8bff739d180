import type { ServerProcess } from './server-process.ts'
import type { Counts } from './target.ts'

export const gatewayNames = ['direct', 'promptmeter', 'portkey'] as const
export type GatewayName = (typeof gatewayNames)[number]

/** A way to the upstream to be measured: it answers POST /v1/chat/completions. */
export interface GatewayTarget {
  /** How the command line and the results call it. */
  readonly name: GatewayName
  readonly title: string
  /** What a reader of its numbers must know. */
  readonly note?: string
  start(upstream: Upstream): Promise<RunningGateway>
}

export interface Upstream extends ServerProcess {
  /** The bearer token it accepts: what an operator's OpenAI key is. */
  readonly key: string
}

export interface RunningGateway extends ServerProcess {
  /** Each request carries one of these. */
  readonly tokens: readonly string[]
  /** What each request carries besides. */
  readonly headers?: Readonly<Record<string, string>>
  /** What it keeps of the calls, read from the tables and not through the server. Only of a gateway that meters. */
  readonly ledger?: GatewayLedger
}

export interface GatewayLedger {
  readCounts(): Promise<GatewayCounts>
  /** Calls for which something is still held. */
  countHolds(): Promise<number>
  /** Throws when the counts are not the sums of the events and rollups. Asked once, at the end. */
  verify(): Promise<void>
}

export interface GatewayCounts extends Counts {
  /** The events that say exactly what the upstream answers: one prompt, and the tokens of its `usage`. */
  readonly answers: number
}
