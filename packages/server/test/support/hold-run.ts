import { METERS } from '@promptmeter/contract'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import type { Held, HoldCall } from '../../src/ledger/hold-call.ts'
import type { LedgerService } from '../../src/ledger/ledger-service.ts'
import { PromptmeterError } from '../../src/promptmeter-error.ts'
import type { Amounts } from '../../src/quotas/amounts.ts'
import { costOf } from '../../src/quotas/price.ts'
import { holdCall, NO_TOKENS, releaseCall, renewCall, settleCall } from './hold-calls.ts'
import { readHolds } from './hold-users.ts'
import type { KeptEvent } from './ledger-audit.ts'
import type { Replicas } from './replicas.ts'

const MODEL = 'gpt-5'
const PRICE = {
  model: MODEL,
  effectiveFrom: '2020-01-01T00:00:00Z',
  inputMicros: 500_000,
  cachedInputMicros: null,
  outputMicros: 2_000_000,
}
/** What users are limited to for life: each meter by itself, where a few calls reach it, then all of them. */
const MOST: readonly Partial<Amounts>[] = [
  { prompts: 6 },
  { tokens: 150 },
  { cost: 200 },
  { prompts: 10, tokens: 300, cost: 400 },
]

/** Sets up what the holds of a run are limited by. @returns the name of a plan for each user */
export async function putHoldPlans(replicas: Replicas): Promise<string[]> {
  const { plans, prices } = replicas.at(0).services
  await prices.put([PRICE])
  // One on a window, that no run reaches, has windows counted.
  const onWindow = { meter: 'tokens', window: 'day', amount: 100_000 } as const
  return Promise.all(
    MOST.map(async (most, index) => {
      const forLife = METERS.flatMap((meter) => {
        const amount = most[meter]
        return amount === undefined ? [] : [{ meter, window: 'lifetime', amount } as const]
      })
      return (await plans.put(`limited-${index}`, { limits: [...forLife, onWindow] })).name
    }),
  )
}

export interface HoldTarget {
  readonly id: string
  readonly index: number
  readonly email: string
  readonly sessions: readonly { readonly id: string }[]
}

const END_KINDS = [
  'release',
  'renew',
  'renew-and-settle',
  'expire',
  'expire-sweep-and-settle',
  'sweep',
] as const
const HOLD_KINDS: ReadonlySet<string> = new Set(['hold', 'settle', ...END_KINDS])

export function isHoldCommand(command: { readonly kind: string }): command is HoldCommand {
  return HOLD_KINDS.has(command.kind)
}

const pick = fc.nat(3)

/** Most are of few users, so that these reach their limits. */
const user = fc.constantFrom(0, 0, 1, 1, 2, 3)

/** Calls of the gateway. They pick among the newest holds that were acknowledged to the same user by then. */
export function holdCommands<Key extends string | null>(
  session: fc.Arbitrary<number>,
  key: fc.Arbitrary<Key>,
) {
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('hold'),
        user,
        session,
        key,
        inputTokens: fc.nat(20),
        maxTokens: fc.constantFrom(1, 16, 40),
        answers: fc.constantFrom(0, 1, 1, 2),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('settle'),
        user,
        pick,
        share: fc.constantFrom(0, 0.5, 1),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom(...END_KINDS), user, pick }) },
  )
}
export type HoldCommand = ReturnType<typeof holdCommands> extends fc.Arbitrary<infer T> ? T : never

/** A hold that was acknowledged, and what became of it as far as it was answered. */
interface RunHold {
  readonly call: HoldCall
  readonly held: Held
  released: boolean
  expired: boolean
  /** What was acknowledged as newly recorded. */
  settled: { readonly tokens: number; readonly cost: number } | null
  replayed: boolean
}

/** The calls of the gateway in one example: makes them and remembers what was answered. */
export class HoldRun {
  readonly #replicas: Replicas
  readonly #holds = new Map<string, RunHold[]>()
  readonly #thresholds = new Map<string, number>()
  #requests = 0

  constructor(replicas: Replicas) {
    this.#replicas = replicas
  }

  /** The operator may have granted more prompts for a while. */
  noteThreshold(target: HoldTarget, threshold: number | null): void {
    if (threshold !== null) this.#thresholds.set(target.id, Math.max(this.#mostPrompts(target), threshold))
  }

  #mostPrompts({ id, index }: HoldTarget): number {
    return this.#thresholds.get(id) ?? MOST[index]?.prompts ?? Number.POSITIVE_INFINITY
  }

  /** @param isEnded whether a session, or its user, had ended before this was sent: then nothing is held any more */
  async send(one: HoldCommand, target: HoldTarget, isEnded: (sessionId: string) => boolean): Promise<void> {
    const { services, database } = this.#replicas.at(this.#requests++)
    const { ledger } = services
    if (one.kind === 'sweep') {
      await ledger.sweep()
      return
    }
    if (one.kind === 'hold') {
      const sessionId = target.sessions[one.session]?.id as string
      await this.#hold(ledger, one, target, sessionId, isEnded(sessionId))
      return
    }
    const holds = this.#holdsOf(target)
    const hold = holds.at(-1 - (one.pick % holds.length))
    if (hold === undefined) return
    switch (one.kind) {
      case 'settle':
        return this.#settle(ledger, hold, one.share)
      case 'release':
        await ledger.release(releaseCall(hold.call))
        hold.released = true
        return
      case 'renew':
        return this.#renew(ledger, hold)
      case 'renew-and-settle':
        await Promise.all([this.#renew(ledger, hold), this.#settle(ledger, hold, 1)])
        return
      case 'expire':
        return this.#expire(database, hold)
      case 'expire-sweep-and-settle':
        await this.#expire(database, hold)
        await ledger.sweep()
        return this.#settle(ledger, hold, 1)
    }
  }

  async #renew(ledger: LedgerService, { call }: RunHold): Promise<void> {
    const code = await codeOf(ledger.renew(renewCall(call)))
    expect(['ok', 'hold_lost', 'token_invalid', 'user_disabled', 'user_not_found']).toContain(code)
  }

  async #expire({ kysely }: Database, hold: RunHold): Promise<void> {
    hold.expired = true
    const { holdId } = hold.call
    await sql`update holds set expires_at = now() - interval '1 second' where id = ${holdId}`.execute(kysely)
  }

  async #hold(
    ledger: LedgerService,
    { key, inputTokens, maxTokens, answers }: Extract<HoldCommand, { kind: 'hold' }>,
    target: HoldTarget,
    sessionId: string,
    ended: boolean,
  ): Promise<void> {
    const fields = { model: MODEL, idempotencyKey: key, inputTokens, maxTokens, answers }
    const call = holdCall({ userId: target.id, sessionId }, fields)
    const outcome = await ledger.hold(call)
    if (outcome.kind === 'held') {
      expect(ended).toBe(false)
      const standings = outcome.quota.standings
      for (const { used, held, amount } of standings) expect(used + held).toBeLessThanOrEqual(amount)
      this.#holdsOf(target).push({
        call,
        held: outcome,
        released: false,
        expired: false,
        settled: null,
        replayed: false,
      })
      return
    }
    const callerRefusals = ['token_invalid', 'user_disabled', 'user_not_found']
    const others = ['idempotency_key_used', 'idempotency_key_in_flight', 'insufficient_quota']
    expect(ended ? callerRefusals : [...callerRefusals, ...others]).toContain(
      'code' in outcome && outcome.code,
    )
  }

  async #settle(ledger: LedgerService, hold: RunHold, share: number): Promise<void> {
    const { call, held } = hold
    const usage = {
      ...NO_TOKENS,
      inputTokens: Math.floor((call.inputTokens as number) * share),
      outputTokens: Math.floor((held.maxTokens ?? 0) * call.answers * share),
    }
    const cost = costOf(usage, PRICE)
    try {
      const { replayed } = await ledger.settle(settleCall(call, { usage, cost }))
      if (replayed) {
        hold.replayed = true
        return
      }
      expect(hold.settled, 'acknowledged as new twice').toBeNull()
      hold.settled = { tokens: usage.inputTokens + usage.outputTokens, cost }
    } catch (error) {
      expect(error).toMatchObject({ code: 'user_not_found' })
    }
  }

  /** @param events all of one user who was not deleted */
  async check(target: HoldTarget, events: readonly KeptEvent[]): Promise<void> {
    const holds = this.#holdsOf(target)
    // Each settlement was acknowledged and each acknowledgement is an event, whatever expired or ended meanwhile.
    const settled = holds.flatMap(({ call: { holdId }, settled }) =>
      settled === null ? [] : [{ holdId, prompts: 1, ...settled }],
    )
    const kept = events
      .filter(({ kind, holdId }) => kind === 'usage' && holdId !== null)
      .map(({ holdId, prompts, tokens, cost }) => ({ holdId, prompts, tokens, cost }))
    expect(kept.toSorted(byHold)).toEqual(settled.toSorted(byHold))
    for (const { replayed, settled } of holds) if (replayed) expect(settled).not.toBeNull()

    const abandoned = events.filter(({ kind }) => kind === 'abandoned').map(({ holdId }) => holdId)
    expect(new Set(abandoned).size).toBe(abandoned.length)
    const expired = holds.filter(({ expired }) => expired).map(({ call: { holdId } }) => holdId)
    expect(expired).toEqual(expect.arrayContaining(abandoned))

    // No hold is lost, and none is left that ended.
    const stored = await readHolds(this.#replicas.at(0).database, target.id)
    const open = holds
      .filter(({ call, released, settled }) => !released && !settled && !abandoned.includes(call.holdId))
      .map(({ call: { holdId } }) => holdId)
    expect(stored.map(({ id }) => id).toSorted()).toEqual(open.toSorted())
    this.#checkLimits(target, holds, stored, events)
  }

  /** Calls of the gateway alone pass no limit; what is settled after its hold ended is a fact that may. */
  #checkLimits(
    target: HoldTarget,
    holds: readonly RunHold[],
    stored: Awaited<ReturnType<typeof readHolds>>,
    events: readonly KeptEvent[],
  ): void {
    const most = { ...MOST[target.index], prompts: this.#mostPrompts(target) }
    for (const meter of METERS) {
      // What a correction took away was free once more.
      const corrected = events
        .filter(({ kind }) => kind === 'correction')
        .reduce((sum, event) => sum + Math.min(0, event[meter]), 0)
      const inTime = holds.filter(({ expired, released }) => !expired && !released)
      const settled = inTime.reduce((sum, { settled }) => {
        if (settled === null) return sum
        return sum + (meter === 'prompts' ? 1 : settled[meter])
      }, 0)
      const held = stored
        .filter(({ active }) => active)
        .reduce((sum, hold) => sum + (meter === 'prompts' ? 1 : hold[meter]), 0)
      expect(settled + held + corrected, meter).toBeLessThanOrEqual(most[meter] ?? Number.POSITIVE_INFINITY)
    }
  }

  #holdsOf({ id }: HoldTarget): RunHold[] {
    const holds = this.#holds.get(id) ?? []
    this.#holds.set(id, holds)
    return holds
  }
}

const byHold = (one: { holdId: string | null }, other: { holdId: string | null }) =>
  (one.holdId ?? '') < (other.holdId ?? '') ? -1 : 1

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'ok'
  } catch (error) {
    if (error instanceof PromptmeterError) return error.code
    throw error
  }
}
