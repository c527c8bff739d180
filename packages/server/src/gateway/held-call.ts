import { setTimeout as sleep } from 'node:timers/promises'
import type { ReleaseCall, SettleCall, TokenUsage } from '../ledger/hold-call.ts'
import type { LedgerService } from '../ledger/ledger-service.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import { costOf, type UnitPrices } from '../quotas/price.ts'
import type { GatewayMetrics } from '../telemetry/gateway-metrics.ts'
import type { Logger } from '../telemetry/logger.ts'
import { GatewayRefusal } from './gateway-refusal.ts'

/** Which hold, whose, and what the event will say. */
export type HeldCallOf = Pick<SettleCall, 'userId' | 'holdId' | 'model' | 'source' | 'idempotencyKey'> & {
  readonly sessionId: string
  readonly price: UnitPrices | null
}

export interface HeldCallParts {
  readonly ledger: LedgerService
  readonly metrics: GatewayMetrics
  readonly logger: Logger
  readonly lifetimeMs: number
}

/** A part of the lifetime after which a hold is renewed: two more attempts fit before it ends. */
const RENEW_AFTER = 1 / 3

const RETRY_DELAY_MS = 200
const LATE_RETRY_DELAY_MS = 5_000
/** Longest a settlement that came too late is still tried: what the upstream did has happened. */
const LATE_RETRY_MS = 60 * 60 * 1000

/** Codes after which a hold cannot be kept, however often one asks. */
const FINAL = new Set(['hold_lost', 'token_invalid', 'user_disabled', 'user_not_found'])

/**
 * A call whose worst case is held. It keeps the hold alive until it is settled or released, and ends the call when it
 * cannot: a hold that expired counts for nothing, so nothing may be used under it.
 */
export class HeldCall {
  readonly #of: HeldCallOf
  readonly #parts: HeldCallParts
  readonly #ending = new AbortController()
  /** When the hold ends for certain not yet, by our own clock: it was asked for before the database began to count. */
  #endsAt: number
  #renewal: NodeJS.Timeout
  #deadline: NodeJS.Timeout | null = null
  #concluded = false

  /** @param askedAt when the hold was asked for, of `performance.now()` */
  constructor(of: HeldCallOf, parts: HeldCallParts, askedAt: number) {
    this.#of = of
    this.#parts = parts
    this.#endsAt = askedAt + parts.lifetimeMs
    this.#renewal = setTimeout(() => this.#renew(), parts.lifetimeMs * RENEW_AFTER)
  }

  /** Aborted when the call has to end before its answer does; the reason says why. */
  get ending(): AbortSignal {
    return this.#ending.signal
  }

  end(reason: unknown): void {
    this.#ending.abort(reason)
  }

  /**
   * Records what was used; resolves once it is durable. While the database does not answer it tries again until the hold
   * ends. After that it goes on trying by itself, for what was used was used.
   * @throws PromptmeterError when the hold ended before it could be recorded
   */
  async settle(usage: TokenUsage): Promise<void> {
    this.#stopKeeping()
    for (;;) {
      try {
        await this.#settleOnce(usage)
        return
      } catch (error) {
        if (isGone(error)) return
        if (performance.now() + RETRY_DELAY_MS >= this.#endsAt) {
          this.#settleLate(usage)
          // Not to be tried again: it was made, and will be charged.
          throw new GatewayRefusal('hold_lost', 'The call could not be recorded in time.', {
            shouldRetry: false,
            cause: error,
          })
        }
        await sleep(RETRY_DELAY_MS)
      }
    }
  }

  /** Gives the hold back: nothing is charged. Where that fails it expires by itself. */
  async release(): Promise<void> {
    this.#stopKeeping()
    const { userId, holdId } = this.#of
    const call: ReleaseCall = { kind: 'release', userId, holdId }
    await this.#parts.ledger.release(call).catch((error) => {
      this.#parts.logger.warn({ err: error }, 'a hold was not given back; it expires by itself')
    })
  }

  async #settleOnce(usage: TokenUsage): Promise<void> {
    const { sessionId: _, price, ...of } = this.#of
    const cost = price === null ? 0 : costOf(usage, price)
    const { tokensBeyond } = await this.#parts.ledger.settle({ kind: 'settle', ...of, usage, cost })
    this.#parts.metrics.settled(usage.estimated, tokensBeyond)
  }

  async #settleLate(usage: TokenUsage): Promise<void> {
    const until = performance.now() + LATE_RETRY_MS
    const { logger } = this.#parts
    logger.error({ holdId: this.#of.holdId, usage }, 'a call was not recorded in time; that is tried on')
    while (performance.now() < until) {
      await sleep(LATE_RETRY_DELAY_MS, undefined, { ref: false })
      try {
        await this.#settleOnce(usage)
        return
      } catch (error) {
        if (isGone(error)) return
        logger.warn({ err: error, holdId: this.#of.holdId }, 'a late settlement is tried again')
      }
    }
    logger.error({ holdId: this.#of.holdId, usage }, 'a call was never recorded')
  }

  async #renew(): Promise<void> {
    const { ledger, lifetimeMs } = this.#parts
    const { userId, holdId, sessionId } = this.#of
    this.#deadline ??= setTimeout(() => this.end(holdLost()), Math.max(0, this.#endsAt - performance.now()))
    const askedAt = performance.now()
    try {
      await ledger.renew({ kind: 'renew', userId, holdId, sessionId, lifetimeMs })
      if (this.#deadline === null) return
      this.#endsAt = askedAt + lifetimeMs
      clearTimeout(this.#deadline)
      this.#deadline = null
      this.#renewal = setTimeout(() => this.#renew(), lifetimeMs * RENEW_AFTER)
    } catch (error) {
      if (this.#deadline === null) return
      if (error instanceof PromptmeterError && FINAL.has(error.code)) this.end(error)
      else this.#renewal = setTimeout(() => this.#renew(), RETRY_DELAY_MS)
    }
  }

  /** True once it was settled or given back. */
  get concluded(): boolean {
    return this.#concluded
  }

  #stopKeeping(): void {
    this.#concluded = true
    clearTimeout(this.#renewal)
    if (this.#deadline !== null) clearTimeout(this.#deadline)
    this.#deadline = null
  }
}

/** With the user everything kept of them is gone, and nothing is left to charge. */
function isGone(error: unknown): boolean {
  return error instanceof PromptmeterError && error.code === 'user_not_found'
}

function holdLost(): PromptmeterError {
  return new PromptmeterError('hold_lost', 'The call could not be kept up, and was ended.')
}
