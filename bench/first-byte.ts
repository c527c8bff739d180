import { GatewayCaller } from './gateway-call.ts'
import { median } from './statistics.ts'
import type { GatewayName, RunningGateway } from './targets/gateway-target.ts'
import { chatRequestBody } from './upstream/chat-completion.ts'

const warmUpCalls = 30
const measuredCalls = 300

/**
 * The time from a request to the first byte of its streamed answer, in milliseconds: the median of 300 calls, one at a time. The
 * upstream pauses after its first event, so that a gateway that gathers the answer shows. Gateways take turns call by call.
 */
export async function measureFirstByte(
  gateways: ReadonlyMap<GatewayName, RunningGateway>,
  signal: AbortSignal,
): Promise<Partial<Record<GatewayName, number>>> {
  const body = chatRequestBody({ stream: true, slow: true })
  const callers = [...gateways].map(([name, gateway]) => ({
    name,
    caller: new GatewayCaller(gateway),
    times: [] as number[],
  }))
  try {
    for (let call = 0; call < warmUpCalls + measuredCalls; call++) {
      signal.throwIfAborted()
      for (const { name, caller, times } of callers) {
        const reply = await caller.call(body)
        if (reply.status !== 200)
          throw new Error(`${name} answered ${reply.status} ${reply.text.slice(0, 500)}`)
        if (call >= warmUpCalls) times.push(reply.firstByteMs)
      }
    }
  } finally {
    for (const { caller } of callers) caller.close()
  }
  return Object.fromEntries(callers.map(({ name, times }) => [name, median(times)]))
}
