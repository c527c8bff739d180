import type { Limit, Meter } from '@promptmeter/contract'
import type { HoldCall } from '../../src/ledger/hold-call.ts'
import type { KnownHold } from '../../src/ledger/ledger-batch.ts'
import type { LockedUser } from '../../src/ledger/user-account.ts'
import { type Amounts, NOTHING, sumOf, type WindowCounts } from '../../src/quotas/amounts.ts'
import type { Plan } from '../../src/quotas/plan.ts'
import type { UnitPrices } from '../../src/quotas/price.ts'
import { RESETTING_WINDOWS } from '../../src/quotas/window.ts'
import { lockedUser } from './batch-facts.ts'
import { windowName } from './calendar.ts'

const HOUR_MS = 60 * 60 * 1000
const MILLION = 1_000_000n

export interface ModelHold {
  readonly call: HoldCall
  readonly maxTokens: number | null
  readonly price: UnitPrices | null
  readonly amounts: Amounts
  expiresAt: Date
  state: 'open' | 'settled' | 'released' | 'abandoned'
}

interface ModelEvent {
  readonly at: Date
  readonly amounts: Amounts
  /** By a call of the gateway that was settled while its hold held. */
  readonly held: boolean
}

/** What a call may cost at worst, exactly, in whole micro-dollars. */
export function worstAmounts(
  { inputTokens, answers }: Pick<HoldCall, 'inputTokens' | 'answers'>,
  maxTokens: number,
  price: UnitPrices | null,
): Amounts {
  const input = inputTokens ?? 0
  const output = maxTokens * answers
  if (price === null) return { prompts: 1, tokens: input + output, cost: 0 }
  const dearest = Math.max(price.inputMicros, price.cachedInputMicros ?? 0)
  const exact = BigInt(input) * BigInt(dearest) + BigInt(output) * BigInt(price.outputMicros)
  const cost = exact / MILLION + (exact % MILLION === 0n ? 0n : 1n)
  return { prompts: 1, tokens: input + output, cost: Number(cost) }
}

/**
 * One user as plain lists of what happened. Every question is answered by going through all of it, with none of the rules
 * under test.
 */
export class UserModel {
  readonly id: string
  readonly plan: Plan
  readonly holds: ModelHold[] = []
  readonly #events: ModelEvent[] = []
  readonly #acceptedAt: Date[] = []
  #eventCount = 0
  /** When the row of the user was last written. */
  #writtenAt: Date | null = null

  constructor(id: string, plan: Plan) {
    this.id = id
    this.plan = plan
  }

  openHolds(now: Date): ModelHold[] {
    return this.holds.filter(({ state, expiresAt }) => state === 'open' && expiresAt > now)
  }

  held(now: Date): Amounts {
    return this.openHolds(now).reduce((sum, { amounts }) => sumOf(sum, amounts), NOTHING)
  }

  used({ meter, window }: Pick<Limit, 'meter' | 'window'>, now: Date, onlyHeld = false): number {
    return this.#events
      .filter(({ at, held }) => windowName(window, at) === windowName(window, now) && (held || !onlyHeld))
      .reduce((sum, { amounts }) => sum + amounts[meter], 0)
  }

  /** What a limit leaves beside what is used and held. */
  left(limit: Limit, now: Date): number {
    return limit.amount - this.used(limit, now) - this.held(now)[limit.meter]
  }

  limits(...meters: Meter[]): Limit[] {
    return this.plan.limits.filter(({ meter }) => meters.includes(meter))
  }

  acceptedInMinute(now: Date): number {
    const minute = now.toISOString().slice(0, 16)
    return this.#acceptedAt.filter((at) => at.toISOString().slice(0, 16) === minute).length
  }

  accept(hold: ModelHold, now: Date): void {
    this.holds.push(hold)
    this.#acceptedAt.push(now)
    if (this.plan.requestsPerMinute !== null) this.#writtenAt = now
  }

  record(amounts: Amounts, now: Date, held: boolean): void {
    this.#events.push({ at: now, amounts, held })
    this.#eventCount++
    this.#writtenAt = now
  }

  /** The user's row, as the database would keep it: the windows are those of the last write. */
  lockedUser(): LockedUser {
    const writtenAt = this.#writtenAt
    const usedAll = (window: Limit['window'], at: Date): Amounts => ({
      prompts: this.used({ meter: 'prompts', window }, at),
      tokens: this.used({ meter: 'tokens', window }, at),
      cost: this.used({ meter: 'cost', window }, at),
    })
    const entries = RESETTING_WINDOWS.map((window) => [
      window,
      writtenAt === null ? NOTHING : usedAll(window, writtenAt),
    ])
    const acceptedAt = this.plan.requestsPerMinute === null ? undefined : this.#acceptedAt.at(-1)
    return lockedUser({
      total: usedAll('lifetime', writtenAt ?? new Date(0)),
      eventCount: this.#eventCount,
      plan: this.plan.name,
      countedHour: writtenAt && Math.floor(writtenAt.getTime() / HOUR_MS),
      windows: {
        counts: Object.fromEntries(entries) as WindowCounts,
        rateMinute: acceptedAt === undefined ? null : Math.floor(acceptedAt.getTime() / 60_000),
        rateRequests: acceptedAt === undefined ? 0 : this.acceptedInMinute(acceptedAt),
      },
    })
  }

  /** Holds that are there by now, expired or not, as the database would tell of those that a batch names. */
  knownHolds(now: Date): [string, KnownHold][] {
    return this.holds
      .filter(({ state }) => state === 'open')
      .map(({ call: { holdId, model, source }, amounts, expiresAt }) => [
        holdId,
        { amounts, active: expiresAt > now, model, source },
      ])
  }
}
