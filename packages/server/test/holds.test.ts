import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Held, HoldCall, HoldOutcome } from '../src/ledger/hold-call.ts'
import type { LedgerService } from '../src/ledger/ledger-service.ts'
import { costOf } from '../src/quotas/price.ts'
import { MINUTE_MS } from '../src/quotas/quota-report.ts'
import { holdCall, releaseCall, renewCall, SOME_TOKENS, settleCall, usageCall } from './support/hold-calls.ts'
import { addHoldUser, readHolds, readUserEvents, withinOne } from './support/hold-users.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { describeOnBothEngines } from './support/test-database.ts'
import { worstAmounts } from './support/user-model.ts'

/** Fractions of a micro-dollar for each token, so that rounding counts, and cached input that costs more. */
const PRICE = {
  model: 'gpt-5-mini',
  effectiveFrom: '2020-01-01T00:00:00Z',
  inputMicros: 250_001,
  cachedInputMicros: 400_000,
  outputMicros: 2_000_003,
}

const times = <T>(count: number, one: T) => Array.from({ length: count }, () => one)
const isHeld = (outcome: HoldOutcome | undefined): outcome is Held => outcome?.kind === 'held'
const resultsOf = (outcomes: readonly HoldOutcome[]) =>
  outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.code : outcome.kind)).toSorted()

describeOnBothEngines('calls at once, over three replicas', (engine) => {
  let replicas: Replicas
  beforeAll(async () => {
    replicas = await startReplicas(engine, 3)
    await replicas.at(0).services.prices.put([PRICE])
  })
  afterAll(() => replicas.close())

  const ledger = (index: number): LedgerService => replicas.at(index).services.ledger
  /** Every replica gets its share of the calls. */
  async function holdAll(calls: readonly HoldCall[]) {
    const outcomes = await Promise.all(calls.map((call, index) => ledger(index).hold(call)))
    return { outcomes, held: calls.filter((_, index) => isHeld(outcomes[index])) }
  }
  const callsOf = (user: Parameters<typeof holdCall>[0], count: number, fields: Partial<HoldCall> = {}) =>
    Array.from({ length: count }, () => holdCall(user, fields))

  it('hold the last ten prompts ten times, of a thousand that ask', async () => {
    const user = await addHoldUser(replicas.at(0))
    const { outcomes, held } = await holdAll(callsOf(user, 1000))
    expect(resultsOf(outcomes)).toEqual([...times(10, 'held'), ...times(990, 'insufficient_quota')])
    expect(await readHolds(replicas.at(0).database, user.userId)).toHaveLength(10)
    await Promise.all(held.map((call, index) => ledger(index).settle(settleCall(call))))
    expect(await ledger(2).hold(holdCall(user))).toMatchObject({ limit: { used: 10, held: 0 } })
    expect(await findContradictions(replicas.at(0).database)).toEqual([])
  })

  it('hold the last prompt of a user once when all ask for it, user after user', async () => {
    const users = await Promise.all(Array.from({ length: 100 }, () => addHoldUser(replicas.at(0))))
    for (const { userId } of users) await replicas.at(0).services.users.update(userId, { threshold: 1 })
    // Two callers of each replica meet the others at every user: one commits while the others look.
    await Promise.all(
      Array.from({ length: 6 }, async (_, caller) => {
        for (const user of users) await ledger(caller).hold(holdCall(user))
      }),
    )
    for (const { userId } of users) expect(await readHolds(replicas.at(1).database, userId)).toHaveLength(1)
    expect(await findContradictions(replicas.at(0).database)).toEqual([])
  })

  it('never hold or use more tokens or money than there are, and are refused only where they do not fit', async () => {
    const share = fc.constantFrom(0, 0.5, 1)
    const call = fc.record({
      inputTokens: fc.nat(60),
      answers: fc.constantFrom(0, 1, 1, 2),
      maxTokens: fc.option(fc.integer({ min: 1, max: 100 })),
      used: fc.record({ input: share, cached: share, output: share }),
    })
    const window = fc.constantFrom('lifetime', 'month', 'week', 'day', 'hour')
    const limits = fc.record({
      tokens: fc.record({ meter: fc.constant('tokens'), window, amount: fc.nat(1500) }),
      cost: fc.record({ meter: fc.constant('cost'), window, amount: fc.nat(2000) }),
    })
    const example = fc.asyncProperty(
      limits,
      fc.nat(300),
      fc.array(call, { minLength: 3, maxLength: 40 }),
      async ({ tokens, cost }, tracked, asked) => {
        const user = await addHoldUser(replicas.at(0), { limits: [tokens, cost] })
        await ledger(0).record(usageCall(user, { tokens: tracked }))
        const calls = asked.map(({ used: _, ...fields }) => holdCall(user, fields))
        const { outcomes } = await holdAll(calls)

        const left = { tokens: tokens.amount - tracked, cost: cost.amount }
        for (const [index, outcome] of outcomes.entries()) {
          if (!isHeld(outcome)) continue
          const worst = worstAmounts(calls[index] as HoldCall, outcome.maxTokens ?? 0, outcome.price)
          left.tokens -= worst.tokens
          left.cost -= worst.cost
          expect(left.tokens).toBeGreaterThanOrEqual(0)
          expect(left.cost).toBeGreaterThanOrEqual(0)
        }
        for (const [index, outcome] of outcomes.entries()) {
          if (isHeld(outcome)) continue
          const one = calls[index] as HoldCall
          const least = worstAmounts(one, Math.min(one.maxTokens ?? 16, 16), PRICE)
          // Input and output are each rounded up.
          expect(least.tokens > left.tokens || least.cost + 1 > left.cost).toBe(true)
        }

        await Promise.all(
          calls.map(async (one, index) => {
            const outcome = outcomes[index]
            if (!isHeld(outcome)) return
            const { input, cached, output } = (asked[index] as (typeof asked)[number]).used
            const inputTokens = Math.floor((one.inputTokens ?? 0) * input)
            const cachedInputTokens = Math.floor(inputTokens * cached)
            const outputTokens = Math.floor((outcome.maxTokens ?? 0) * one.answers * output)
            const usage = { ...SOME_TOKENS, inputTokens, cachedInputTokens, outputTokens }
            const settle = settleCall(one, { usage, cost: costOf(usage, PRICE) })
            await ledger(index + 1).settle(settle)
          }),
        )
        const { total, held } = await replicas.at(2).services.users.getById(user.userId)
        expect(held).toEqual({ prompts: 0, tokens: 0, cost: 0 })
        expect(total.tokens).toBeLessThanOrEqual(Math.max(tracked, tokens.amount))
        expect(total.cost).toBeLessThanOrEqual(cost.amount)
      },
    )
    await fc.assert(example, { numRuns: 25, endOnFailure: true })
    expect(await findContradictions(replicas.at(0).database)).toEqual([])
  })

  it('are under way no more than the plan allows, and as many again once these have ended', async () => {
    const user = await addHoldUser(replicas.at(0), { limits: [], concurrentCalls: 5 })
    for (let round = 0; round < 3; round++) {
      const { outcomes, held } = await holdAll(callsOf(user, 30))
      expect(resultsOf(outcomes)).toEqual([...times(25, 'concurrency_limit_reached'), ...times(5, 'held')])
      const end = (call: HoldCall, index: number): Promise<unknown> =>
        index % 2 === 0 ? ledger(index).settle(settleCall(call)) : ledger(index).release(releaseCall(call))
      await Promise.all(held.map(end))
    }
  })

  it('are accepted in a minute no more than the plan allows, however they end', () =>
    withinOne(MINUTE_MS, async () => {
      const user = await addHoldUser(replicas.at(0), { limits: [], requestsPerMinute: 5 })
      const { outcomes, held } = await holdAll(callsOf(user, 30))
      expect(resultsOf(outcomes)).toEqual([...times(5, 'held'), ...times(25, 'rate_limit_exceeded')])
      await Promise.all(held.map((call, index) => ledger(index).release(releaseCall(call))))
      expect(await ledger(1).hold(holdCall(user))).toMatchObject({ code: 'rate_limit_exceeded' })
    }))

  it('hold once under one key, which is free after a release and used after a settlement', async () => {
    const user = await addHoldUser(replicas.at(0), { limits: [] })
    const ask = () => holdAll(callsOf(user, 9, { idempotencyKey: 'one' }))
    const once = ['held', ...times(8, 'idempotency_key_in_flight')]
    const first = await ask()
    expect(resultsOf(first.outcomes)).toEqual(once)
    await ledger(1).release(releaseCall(first.held[0] as HoldCall))
    const second = await ask()
    expect(resultsOf(second.outcomes)).toEqual(once)
    await ledger(2).settle(settleCall(second.held[0] as HoldCall, { usage: SOME_TOKENS, cost: 44 }))
    const recorded = { ...SOME_TOKENS, prompts: 1, tokens: 30, cost: 44 }
    for (const outcome of (await ask()).outcomes)
      expect(outcome).toMatchObject({ code: 'idempotency_key_used', recorded })
  })

  it('settle a hold once, whichever replicas they ask', async () => {
    const user = await addHoldUser(replicas.at(0), { limits: [] })
    const call = holdCall(user, { idempotencyKey: 'one' })
    await ledger(0).hold(call)
    const settle = settleCall(call, { usage: SOME_TOKENS, cost: 44 })
    const settled = await Promise.all(Array.from({ length: 9 }, (_, index) => ledger(index).settle(settle)))
    expect(settled.filter(({ replayed }) => !replayed)).toHaveLength(1)
    expect(await ledger(1).settle(settle)).toMatchObject({ replayed: true })
    expect(await readUserEvents(replicas.at(0).database, user.userId)).toEqual([
      { kind: 'usage', prompts: 1, tokens: 30, cost: 44, key: 'one', holdId: call.holdId },
    ])
    expect(await findContradictions(replicas.at(0).database)).toEqual([])
  })
})

describeOnBothEngines('a call under way', (engine) => {
  let replicas: Replicas
  beforeAll(async () => {
    replicas = await startReplicas(engine, 2)
  })
  afterAll(() => replicas.close())

  async function startCall() {
    const { database } = replicas.at(0)
    const { ledger } = replicas.at(1).services
    const user = await addHoldUser(replicas.at(0))
    const call = holdCall(user)
    expect(await ledger.hold(call)).toMatchObject({ kind: 'held' })
    return {
      user,
      call,
      database,
      ledger,
      settle: () => ledger.settle(settleCall(call, { usage: SOME_TOKENS })),
    }
  }

  it('is recorded though its session was revoked or its user disabled, and no other is held', async () => {
    const { sessions, users } = replicas.at(0).services
    for (const code of ['token_invalid', 'user_disabled'] as const) {
      const { user, call, database, ledger, settle } = await startCall()
      if (code === 'token_invalid') await sessions.revoke(user.userId, user.sessionId)
      else await users.update(user.userId, { disabled: true })
      expect(await ledger.hold(holdCall(user))).toMatchObject({ code })
      await expect(ledger.renew(renewCall(call))).rejects.toMatchObject({ code })
      expect(await settle()).toMatchObject({ replayed: false })
      const event = { kind: 'usage', tokens: 30, holdId: call.holdId }
      expect(await readUserEvents(database, user.userId)).toMatchObject([event])
      expect(await readHolds(database, user.userId)).toEqual([])
    }
    expect(await findContradictions(replicas.at(0).database)).toEqual([])
  })

  it('goes with its user when they are deleted: nothing of it is recorded or left', async () => {
    const { user, call, database, ledger, settle } = await startCall()
    await replicas.at(0).services.removal.remove(user.userId)
    await expect(settle()).rejects.toMatchObject({ code: 'user_not_found' })
    await ledger.release(releaseCall(call))
    expect(await ledger.hold(holdCall(user))).toMatchObject({ code: 'user_not_found' })
    expect(await readHolds(database, user.userId)).toEqual([])
    expect(await readUserEvents(database, user.userId)).toEqual([])
    expect(await findContradictions(database)).toEqual([])
  })
})
