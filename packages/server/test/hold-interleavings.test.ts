import { type Limit, METERS, WINDOWS } from '@promptmeter/contract'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { HoldCall, HoldOutcome, Settled } from '../src/ledger/hold-call.ts'
import type { LedgerCall, LedgerOutcome } from '../src/ledger/ledger-call.ts'
import { decideBatch } from '../src/ledger/ledger-decision.ts'
import { NOTHING } from '../src/quotas/amounts.ts'
import type { Plan } from '../src/quotas/plan.ts'
import { costOf, type Price } from '../src/quotas/price.ts'
import { batchFacts, planOf } from './support/batch-facts.ts'
import { abandonCall, holdCall, releaseCall, renewCall, settleCall } from './support/hold-calls.ts'
import { track } from './support/hold-situations.ts'
import { type ModelHold, UserModel, worstAmounts } from './support/user-model.ts'

const SECOND_MS = 1000
const HOUR_MS = 3600 * SECOND_MS
/** A Sunday evening, and the last of its month: every window is about to begin anew. */
const START = new Date('2026-05-31T22:59:30Z')

const effectiveFrom = new Date(0)
const PRICES: readonly Price[] = [
  {
    model: 'plain',
    effectiveFrom,
    inputMicros: 1_000_000,
    cachedInputMicros: 100_000,
    outputMicros: 3_000_000,
  },
  { model: 'cheap', effectiveFrom, inputMicros: 150_001, cachedInputMicros: null, outputMicros: 600_007 },
  { model: 'odd', effectiveFrom, inputMicros: 500_000, cachedInputMicros: 2_500_000, outputMicros: 0 },
  {
    model: 'soon',
    effectiveFrom: new Date(START.getTime() + HOUR_MS),
    inputMicros: 1,
    cachedInputMicros: null,
    outputMicros: 1,
  },
]
const MODELS = [...PRICES.map(({ model }) => model), 'unpriced']

const amountOf = { prompts: fc.nat(6), tokens: fc.nat(300), cost: fc.nat(500) }
const limit = fc
  .record({ meter: fc.constantFrom(...METERS), window: fc.constantFrom(...WINDOWS) })
  .chain((place) => amountOf[place.meter].map((amount): Limit => ({ ...place, amount })))
const plan: fc.Arbitrary<Plan> = fc
  .record({
    limits: fc.uniqueArray(limit, {
      selector: ({ meter, window }) => `${meter}/${window}`,
      maxLength: 5,
    }),
    requestsPerMinute: fc.option(fc.integer({ min: 1, max: 4 })),
    concurrentCalls: fc.option(fc.integer({ min: 1, max: 4 })),
    defaultMaxTokens: fc.option(fc.integer({ min: 16, max: 200 })),
  })
  .map(planOf)

const share = fc.constantFrom(0, 0.3, 0.99, 1)
const user = fc.nat(1)
const holdCommand = fc.record({
  kind: fc.constant('hold'),
  user,
  model: fc.constantFrom(...MODELS),
  inputTokens: fc.oneof({ arbitrary: fc.nat(80), weight: 9 }, fc.constant(null)),
  answers: fc.constantFrom(0, 1, 1, 1, 2, 3),
  maxTokens: fc.option(fc.oneof(fc.nat(20), fc.nat(300))),
  lifetimeMs: fc.constantFrom(30 * SECOND_MS, 2 * HOUR_MS),
})
const endCommand = fc.record({
  kind: fc.constantFrom('settle', 'settle', 'settle', 'release', 'renew'),
  user,
  pick: fc.nat(30),
  input: share,
  cached: share,
  output: share,
})
const otherCommand = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep'), user }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('track'), user, prompts: fc.nat(1), tokens: fc.nat(30) }),
  },
)
const command = fc.oneof(
  { weight: 6, arbitrary: holdCommand },
  { weight: 5, arbitrary: endCommand },
  { weight: 2, arbitrary: otherCommand },
)
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

const pause = fc.constantFrom(0, SECOND_MS, 31 * SECOND_MS, HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS)
const batch = fc.record({ pauseMs: pause, commands: fc.array(command, { minLength: 1, maxLength: 12 }) })

it('no interleaving admits a call that does not fit, or lets calls of the gateway pass a limit', () => {
  fc.assert(
    fc.property(fc.tuple(plan, plan), fc.array(batch, { minLength: 1, maxLength: 8 }), (plans, batches) => {
      const run = new Run(plans)
      for (const { pauseMs, commands } of batches) run.batch(pauseMs, commands)
    }),
    { numRuns: 1500 },
  )
})

const isOpen = ({ state }: ModelHold) => state === 'open'

/** Decides batch after batch, tells the model of each outcome, and asks it whether that outcome was right. */
class Run {
  readonly #users: readonly UserModel[]
  #now = START

  constructor(plans: readonly Plan[]) {
    this.#users = plans.map((plan, index) => new UserModel(`u${index}`, { ...plan, name: `plan${index}` }))
  }

  batch(pauseMs: number, commands: readonly Command[]): void {
    this.#now = new Date(this.#now.getTime() + pauseMs)
    const now = this.#now
    const calls = commands.flatMap((one) => this.#callsOf(one))
    const users = this.#users
    const decision = decideBatch(
      calls,
      batchFacts({
        now,
        catalog: { plans: new Map(users.map(({ plan }) => [plan.name, plan])), prices: PRICES },
        users: new Map(users.map((user) => [user.id, user.lockedUser()])),
        held: new Map(users.map((user) => [user.id, user.held(now)])),
        knownHolds: new Map(users.flatMap((user) => user.knownHolds(now))),
        settledHolds: new Set(
          users.flatMap(({ holds }) =>
            holds.filter(({ state }) => state === 'settled').map(({ call }) => call.holdId),
          ),
        ),
      }),
    )
    const openBefore = users.flatMap((user) => user.knownHolds(now).map(([holdId]) => holdId))
    for (const [index, call] of calls.entries())
      this.#check(call, decision.outcomes[index] as LedgerOutcome, decision.newHolds)
    const openAfter = new Map(
      users.flatMap(({ holds }) => holds.filter(isOpen)).map((hold) => [hold.call.holdId, hold]),
    )
    expect(decision.endedHolds.map(({ holdId }) => holdId).toSorted()).toEqual(
      openBefore.filter((holdId) => !openAfter.has(holdId)).toSorted(),
    )
    for (const { holdId, expiresAt } of decision.renewedHolds)
      expect(openAfter.get(holdId)?.expiresAt).toEqual(expiresAt)
    for (const user of users) {
      const changed = decision.changedAccounts.find(({ id }) => id === user.id)
      const kept = user.lockedUser()
      if (changed !== undefined) expect(changed.total).toEqual(kept.total)
      expect(decision.events.filter(({ userId }) => userId === user.id).at(-1)?.seq ?? kept.eventCount).toBe(
        kept.eventCount,
      )
      for (const limit of user.plan.limits)
        expect(user.used(limit, now, true)).toBeLessThanOrEqual(limit.amount)
    }
  }

  #callsOf(one: Command): LedgerCall[] {
    const user = this.#users[one.user] as UserModel
    const principal = { userId: user.id, sessionId: 's' }
    if (one.kind === 'hold') {
      const { kind: _, user: __, ...fields } = one
      return [holdCall(principal, fields)]
    }
    if (one.kind === 'track') return [track({ userId: user.id, prompts: one.prompts, tokens: one.tokens })]
    if (one.kind === 'sweep') {
      const expired = user.holds.filter((hold) => hold.state === 'open' && hold.expiresAt <= this.#now)
      return expired.map(({ call }) => abandonCall(call))
    }
    const hold = user.holds[one.pick % user.holds.length]
    if (hold === undefined) return []
    if (one.kind === 'release') return [releaseCall(hold.call)]
    if (one.kind === 'renew') return [renewCall(hold.call)]
    // Where no limit asks for a cap the answer may be as long as it likes.
    const most = hold.maxTokens === null && hold.call.answers > 0 ? 10_000 : (hold.maxTokens ?? 0)
    const inputTokens = Math.floor((hold.call.inputTokens ?? 500) * one.input)
    const usage = {
      inputTokens,
      cachedInputTokens: Math.floor(inputTokens * one.cached),
      outputTokens: Math.floor(most * hold.call.answers * one.output),
      reasoningTokens: 0,
      estimated: false,
    }
    return [settleCall(hold.call, { usage, cost: hold.price === null ? 0 : costOf(usage, hold.price) })]
  }

  #check(
    call: LedgerCall,
    outcome: LedgerOutcome,
    newHolds: readonly Pick<ModelHold & { holdId: string }, 'holdId' | 'amounts' | 'expiresAt'>[],
  ): void {
    const user = this.#users.find(({ id }) => id === call.userId) as UserModel
    const now = this.#now
    if (call.kind === 'hold') {
      const written = newHolds.find(({ holdId }) => holdId === call.holdId)
      const held = this.#checkHold(user, call, outcome as HoldOutcome)
      expect(written?.amounts).toEqual(held?.amounts)
      expect(written?.expiresAt).toEqual(held?.expiresAt)
      return
    }
    if (call.kind === 'usage') {
      expect(outcome.kind).toBe('recorded')
      user.record({ ...NOTHING, prompts: call.prompts, tokens: call.tokens }, now, false)
      return
    }
    const hold = user.holds.find(({ call: { holdId } }) => holdId === call.holdId) as ModelHold
    const running = hold.state === 'open' && hold.expiresAt > now
    if (call.kind === 'settle') {
      expect((outcome as Settled).replayed).toBe(hold.state === 'settled')
      if (hold.state === 'settled') return
      hold.state = 'settled'
      const { inputTokens, outputTokens } = call.usage
      user.record({ prompts: 1, tokens: inputTokens + outputTokens, cost: call.cost }, now, running)
    } else if (call.kind === 'release') {
      if (hold.state === 'open') hold.state = 'released'
    } else if (call.kind === 'renew') {
      expect(outcome.kind).toBe(running ? 'renewed' : 'refused')
      if (running) hold.expiresAt = new Date(now.getTime() + call.lifetimeMs)
    } else {
      const isAbandoned = hold.state === 'open' && !running
      expect(outcome).toEqual({ kind: 'abandoned', recorded: isAbandoned })
      if (!isAbandoned) return
      hold.state = 'abandoned'
      user.record(NOTHING, now, false)
    }
  }

  /** Was it right to admit the call, or to refuse it? Gives the hold that there is from now on. */
  #checkHold(user: UserModel, call: HoldCall, outcome: HoldOutcome): ModelHold | null {
    const now = this.#now
    const { plan } = user
    const price = PRICES.find((one) => one.model === call.model && one.effectiveFrom <= now) ?? null
    const counted = user.limits('tokens', 'cost')
    const wanted = call.maxTokens ?? plan.defaultMaxTokens ?? 4096
    /** True when the call fits with this cap, and so many micro-dollars to spare. */
    const fits = (cap: number, spare: number) => {
      const worst = worstAmounts(call, cap, price)
      return counted.every(
        (limit) => worst[limit.meter] + (limit.meter === 'cost' ? spare : 0) <= user.left(limit, now),
      )
    }

    if (outcome.kind === 'tokens_needed') {
      expect(call.inputTokens).toBeNull()
      expect(counted).not.toEqual([])
      return null
    }
    if (outcome.kind === 'refused') {
      const full = user.limits('prompts').filter((limit) => user.left(limit, now) < 1)
      const reasons: Record<string, () => boolean> = {
        model_not_priced: () => price === null && user.limits('cost').length > 0,
        rate_limit_exceeded: () => user.acceptedInMinute(now) === plan.requestsPerMinute,
        concurrency_limit_reached: () => user.openHolds(now).length === plan.concurrentCalls,
        insufficient_quota: () =>
          // Input and output are each rounded up: what would fit but for that may be refused.
          outcome.limit?.meter === 'prompts' ? full.length > 0 : !fits(Math.min(wanted, 16), 1),
      }
      expect(reasons[outcome.code]?.(), outcome.code).toBe(true)
      return null
    }

    if (counted.length > 0) expect(call.inputTokens).not.toBeNull()
    if (user.limits('cost').length > 0) expect(outcome.price).not.toBeNull()
    for (const limit of user.limits('prompts')) expect(user.left(limit, now)).toBeGreaterThanOrEqual(1)
    const { requestsPerMinute, concurrentCalls } = plan
    if (requestsPerMinute !== null) expect(user.acceptedInMinute(now)).toBeLessThan(requestsPerMinute)
    if (concurrentCalls !== null) expect(user.openHolds(now).length).toBeLessThan(concurrentCalls)
    expect(outcome.price).toEqual(price)
    const { maxTokens } = outcome
    expect(maxTokens === null).toBe(counted.length === 0 || call.answers === 0)
    const cap = maxTokens ?? 0
    expect(fits(cap, 0)).toBe(true)
    if (maxTokens !== null && cap !== wanted) {
      expect(cap).toBeGreaterThanOrEqual(16)
      expect(cap).toBeLessThan(wanted)
      expect(fits(cap + 1, 1)).toBe(false)
    }
    const amounts = counted.length === 0 ? { ...NOTHING, prompts: 1 } : worstAmounts(call, cap, price)
    const expiresAt = new Date(now.getTime() + call.lifetimeMs)
    const hold: ModelHold = { call, maxTokens, price, amounts, expiresAt, state: 'open' }
    user.accept(hold, now)
    return hold
  }
}
