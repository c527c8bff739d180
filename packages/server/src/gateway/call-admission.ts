import { randomUUIDv7 } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Held, HoldCall, HoldRefusal } from '../ledger/hold-call.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import { MINUTE_MS } from '../quotas/quota-report.ts'
import type { Principal } from '../sessions/session.ts'
import { GatewayRefusal, type RefusalDetails } from './gateway-refusal.ts'
import type { GatewayRequest } from './gateway-request.ts'
import { HeldCall, type HeldCallParts } from './held-call.ts'
import { countRequestTokens } from './request-tokens.ts'
import type { TokenCounter } from './token-counter.ts'

/** Users remembered whose limits ask for a count of tokens. */
const REMEMBERED_USERS = 10_000

/** Largest body whose tokens are counted before the ledger was asked. */
const COUNTED_AT_ONCE_BYTES = 64 * 1024

/** How soon to come again while other calls are under way, in seconds. */
const CONCURRENCY_RETRY_SECONDS = 1

/** Who calls, and what the event will say of it. */
export interface Caller {
  readonly principal: Principal
  readonly source: string | null
  readonly idempotencyKey: string | null
}

export interface AdmittedCall {
  readonly call: HeldCall
  readonly held: Held
  /** What the request weighs, or null where nobody had to count. */
  readonly inputTokens: number | null
}

export interface CallAdmissionParts extends HeldCallParts {
  readonly counter: TokenCounter
  readonly upgradeUrl: string | null
}

export type CallAdmission = (request: GatewayRequest, caller: Caller) => Promise<AdmittedCall>

/** Holds the worst case of a call, or refuses it. @throws GatewayRefusal */
export function createCallAdmission({ counter, upgradeUrl, ...parts }: CallAdmissionParts): CallAdmission {
  // Only saves a round trip: whether tokens are needed the database says each time.
  const counted = new LRUCache<string, true>({ max: REMEMBERED_USERS })

  return async (request, { principal, source, idempotencyKey }) => {
    const { endpoint, parsed, model, answers, maxTokens, unboundedPart } = request
    const { userId } = principal
    const hold: HoldCall = {
      kind: 'hold',
      ...principal,
      holdId: randomUUIDv7(),
      model,
      source,
      idempotencyKey,
      inputTokens: null,
      answers,
      maxTokens,
      unboundedPart,
      lifetimeMs: parts.lifetimeMs,
    }
    // What is large is counted only once nothing else refuses the call.
    const countNow = counted.has(userId) && request.body.length <= COUNTED_AT_ONCE_BYTES
    let inputTokens = countNow ? await countRequestTokens(endpoint, parsed, counter) : null
    for (;;) {
      const askedAt = performance.now()
      const outcome = await parts.ledger.hold({ ...hold, inputTokens }).catch((error) => {
        const mayBeHeld = !(error instanceof PromptmeterError) || error.code === 'database_unavailable'
        // Given back at once where it can be, so that the user need not wait until it expires.
        if (mayBeHeld) parts.ledger.release({ kind: 'release', userId, holdId: hold.holdId }).catch(() => {})
        throw error
      })
      if (outcome.kind === 'tokens_needed') {
        counted.set(userId, true)
        inputTokens = await countRequestTokens(endpoint, parsed, counter)
        continue
      }
      if (outcome.kind === 'refused') throw toGatewayRefusal(outcome, upgradeUrl)
      if (answers > 0 && outcome.maxTokens === null) counted.delete(userId)
      const { price } = outcome
      const call = new HeldCall(
        { ...principal, holdId: hold.holdId, model, source, idempotencyKey, price },
        parts,
        askedAt,
      )
      return { call, held: outcome, inputTokens }
    }
  }
}

function toGatewayRefusal(refusal: HoldRefusal, upgradeUrl: string | null): PromptmeterError {
  const { code, message, limit, recorded, quota } = refusal
  return new GatewayRefusal(code, message, {
    ...(limit && { limit, upgradeUrl }),
    ...(recorded && { recorded }),
    ...(quota && { quota }),
    ...retryOf(refusal),
  })
}

/** When trying again makes sense. Clients of OpenAI's would otherwise try each 409 and 429 again, for as long as told. */
function retryOf({ code, quota }: HoldRefusal): RefusalDetails {
  switch (code) {
    case 'rate_limit_exceeded': {
      const leftMs = MINUTE_MS - ((quota?.at.getTime() ?? 0) % MINUTE_MS)
      return { shouldRetry: true, retryAfterSeconds: Math.ceil(leftMs / 1000) }
    }
    case 'concurrency_limit_reached':
    case 'idempotency_key_in_flight':
      return { shouldRetry: true, retryAfterSeconds: CONCURRENCY_RETRY_SECONDS }
    default:
      return { shouldRetry: false }
  }
}
