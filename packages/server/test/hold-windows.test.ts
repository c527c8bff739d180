import { afterAll, beforeAll, expect, it } from 'vitest'
import type { HoldCall } from '../src/ledger/hold-call.ts'
import { windowEnd, windowStart } from '../src/quotas/window.ts'
import { holdCall, SOME_TOKENS, settleCall, usageCall } from './support/hold-calls.ts'
import { addHoldUser, passHours, withinOne } from './support/hold-users.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const HOUR_MS = 60 * 60 * 1000
const DAY_HOURS = 24

/** Hours after which the window has begun anew, whenever one starts to count. */
const WINDOWS = [
  ['hour', 1],
  ['day', DAY_HOURS],
  ['week', 7 * DAY_HOURS],
  ['month', 31 * DAY_HOURS],
] as const

describeOnBothEngines('a limit', (engine) => {
  let replicas: Replicas
  beforeAll(async () => {
    replicas = await startReplicas(engine, 3)
  })
  afterAll(() => replicas.close())

  const ledger = (index: number) => replicas.at(index).services.ledger
  const call = (user: Parameters<typeof holdCall>[0], fields: Partial<HoldCall> = {}) =>
    holdCall(user, { maxTokens: 16, ...fields })

  for (const [window, hours] of WINDOWS) {
    it(`for each ${window} begins at 0 with the next one, and holds in it as before`, () =>
      withinOne(HOUR_MS, async () => {
        const limit = (meter: 'prompts' | 'tokens' | 'cost', amount: number) => ({ meter, window, amount })
        const limits = [limit('prompts', 2), limit('tokens', 100), limit('cost', 50)]
        await replicas.at(0).services.prices.put([
          {
            model: 'gpt-5-mini',
            effectiveFrom: '2020-01-01T00:00:00Z',
            inputMicros: 0,
            cachedInputMicros: null,
            outputMicros: 1_000_000,
          },
        ])
        const user = await addHoldUser(replicas.at(0), { limits })
        const settleOne = async (index: number) => {
          const one = call(user)
          expect(await ledger(index).hold(one)).toMatchObject({ kind: 'held' })
          await ledger(index + 1).settle(settleCall(one, { usage: SOME_TOKENS, cost: 7 }))
        }
        const used = (prompts: number, tokens: number, cost: number) =>
          [prompts, tokens, cost].map((used, index) => ({ ...limits[index], used }))

        await settleOne(0)
        await settleOne(1)
        const refused = { code: 'insufficient_quota', limit: { meter: 'prompts', window, used: 2 } }
        expect(await ledger(2).hold(call(user))).toMatchObject({
          ...refused,
          quota: { standings: used(2, 60, 14) },
        })

        await passHours(replicas.at(0).database, user.userId, hours)
        const now = new Date()
        const first = call(user)
        expect(await ledger(2).hold(first)).toMatchObject({
          quotaBefore: { standings: used(0, 0, 0) },
          quota: {
            standings: [
              { windowStart: windowStart(window, now), resetsAt: windowEnd(window, now), held: 1 },
              {},
              {},
            ],
          },
        })
        await ledger(0).settle(settleCall(first, { usage: SOME_TOKENS, cost: 7 }))
        await settleOne(1)
        expect(await ledger(2).hold(call(user))).toMatchObject({
          ...refused,
          quota: { standings: used(2, 60, 14) },
        })
        const { total } = await replicas.at(1).services.users.getById(user.userId)
        expect(total).toEqual({ prompts: 4, tokens: 120, cost: 28 })
        expect(await findContradictions(replicas.at(0).database)).toEqual([])
      }))
  }

  it('on a window counts calls that began before it, once they are settled in it', () =>
    withinOne(HOUR_MS, async () => {
      const limits = [{ meter: 'prompts', window: 'hour', amount: 3 } as const]
      const user = await addHoldUser(replicas.at(0), { limits })
      const long = call(user)
      await ledger(0).hold(long)
      await ledger(1).record(usageCall(user, { prompts: 2 }))
      expect(await ledger(2).hold(call(user))).toMatchObject({ limit: { used: 2, held: 1 } })
      await passHours(replicas.at(0).database, user.userId, 1)
      expect(await ledger(2).hold(call(user))).toMatchObject({
        quotaBefore: { standings: [{ used: 0, held: 1 }] },
      })
      await ledger(1).settle(settleCall(long))
      expect(await ledger(0).hold(call(user))).toMatchObject({
        quotaBefore: { standings: [{ used: 1, held: 1 }] },
      })
      expect(await findContradictions(replicas.at(0).database)).toEqual([])
    }))

  it('of a plan holds as one replica changed it for the next hold of every other', () =>
    withinOne(HOUR_MS, async () => {
      const user = await addHoldUser(replicas.at(0), { limits: [] })
      const change = (terms: Parameters<typeof plans.put>[1]) => plans.put(user.plan, terms)
      const { plans } = replicas.at(0).services
      const onOthers = async (expected: object, fields: Partial<HoldCall> = {}) => {
        for (const index of [1, 2])
          expect(await ledger(index).hold(call(user, fields))).toMatchObject(expected)
      }
      await ledger(1).record(usageCall(user, { prompts: 3 }))
      await onOthers({ kind: 'held', maxTokens: null })

      // A window that nobody counted by until now: what was used in it before counts.
      await change({ limits: [{ meter: 'prompts', window: 'day', amount: 5 }] })
      await onOthers({ code: 'insufficient_quota', limit: { used: 3, held: 2, remaining: 0 } })
      await change({ limits: [], allowedModels: ['o3'] })
      await onOthers({ code: 'model_not_allowed' })
      await change({ limits: [], concurrentCalls: 2 })
      await onOthers({ code: 'concurrency_limit_reached' })
      await change({ limits: [{ meter: 'tokens', window: 'month', amount: 1000 }], defaultMaxTokens: 33 })
      await onOthers({ kind: 'held', maxTokens: 33 }, { maxTokens: null })
      await change({ limits: [] })
      await onOthers({ kind: 'held', maxTokens: null })
    }))

  it('of a user holds as one replica changed it for the next hold of every other', async () => {
    const user = await addHoldUser(replicas.at(0), { limits: [] })
    const strict = await addHoldUser(replicas.at(0), {
      limits: [{ meter: 'prompts', window: 'lifetime', amount: 0 }],
    })
    const { users } = replicas.at(0).services
    const overrides = {
      limits: [{ meter: 'tokens', window: 'hour', amount: 5 }],
      requestsPerMinute: 1000,
    } as const
    const changes: [Parameters<typeof users.update>[1], object][] = [
      [{ threshold: 0 }, { code: 'insufficient_quota', limit: { meter: 'prompts', amount: 0 } }],
      [{ threshold: null }, { kind: 'held', maxTokens: null }],
      [
        { overrides: { ...overrides, limits: [...overrides.limits] } },
        { code: 'insufficient_quota', limit: { meter: 'tokens', window: 'hour' } },
      ],
      [
        { overrides: null, plan: strict.plan },
        { code: 'insufficient_quota', limit: { amount: 0 } },
      ],
      [{ plan: user.plan }, { kind: 'held', maxTokens: null }],
    ]
    for (const [change, expected] of changes) {
      await users.update(user.userId, change)
      for (const index of [1, 2]) expect(await ledger(index).hold(call(user))).toMatchObject(expected)
    }
  })

  it('on money goes by the prices as one replica changed them, for the next hold of every other', async () => {
    const user = await addHoldUser(replicas.at(0), {
      limits: [{ meter: 'cost', window: 'lifetime', amount: 10_000 }],
    })
    const model = `model-of-${user.userId}`
    const { prices } = replicas.at(0).services
    const onOthers = async (expected: object) => {
      for (const index of [1, 2]) {
        const one = call(user, { model, inputTokens: 10 })
        expect(await ledger(index).hold(one)).toMatchObject(expected)
        await ledger(index).release({ kind: 'release', userId: one.userId, holdId: one.holdId })
      }
    }
    const price = {
      model,
      effectiveFrom: '2020-01-01T00:00:00Z',
      inputMicros: 1_000_000,
      cachedInputMicros: null,
      outputMicros: 2_000_000,
    }
    const heldCost = (held: number) => ({ kind: 'held', quota: { standings: [{ meter: 'cost', held }] } })
    await onOthers({ code: 'model_not_priced' })
    await prices.put([{ ...price, effectiveFrom: '2999-01-01T00:00:00Z' }])
    await onOthers({ code: 'model_not_priced' })
    await prices.put([price])
    await onOthers(heldCost(10 + 2 * 16))
    await prices.put([{ ...price, outputMicros: 3_000_000 }])
    await onOthers(heldCost(10 + 3 * 16))
    await prices.remove(model, new Date(price.effectiveFrom))
    await onOthers({ code: 'model_not_priced' })
  })
})
