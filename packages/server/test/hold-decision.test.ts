import { describe, expect, it } from 'vitest'
import type { HoldCall } from '../src/ledger/hold-call.ts'
import { keyedEvent } from '../src/ledger/ledger-batch.ts'
import { NO_WINDOW_COUNTS, NOTHING } from '../src/quotas/amounts.ts'
import type { Plan } from '../src/quotas/plan.ts'
import { knownEvent } from './support/batch-facts.ts'
import { decide, decideHold, hold, limit, NOW, PRICE, type Situation } from './support/hold-situations.ts'

const THIS_MINUTE = Math.floor(NOW.getTime() / 60_000)

describe('a hold is refused', () => {
  it('for what the contract names first: each reason, in its order, once those before it are gone', () => {
    const key = keyedEvent('u', 'k')
    const call = hold({ idempotencyKey: 'k', model: 'o3', unboundedPart: 'web_search', inputTokens: null })
    const plan: Partial<Plan> = {
      limits: [limit('prompts', 5), limit('tokens', 100), limit('cost', 100)],
      allowedModels: ['gpt-5*'],
      requestsPerMinute: 3,
      concurrentCalls: 2,
    }
    const rate = { counts: NO_WINDOW_COUNTS, rateMinute: THIS_MINUTE, rateRequests: 3 }
    const user = { disabled: true, total: { prompts: 5, tokens: 85, cost: 0 }, windows: rate }
    const worst = {
      plan,
      user,
      users: new Map(),
      endedSessions: new Set(['s']),
      knownEvents: new Map([[key, knownEvent({ prompts: 1 })]]),
      keysInFlight: new Set([key]),
      held: new Map([['u', { ...NOTHING, prompts: 2 }]]),
      prices: [{ ...PRICE, model: 'gpt-4' }],
    }
    let situation: Situation = worst
    let asked = call
    const codes: unknown[] = []
    const decideNext = () => {
      const outcome = decideHold(asked, situation)
      codes.push(
        outcome.kind === 'refused' ? [outcome.code, outcome.limit?.meter].filter(Boolean) : outcome.kind,
      )
    }
    const mend = (change: Situation, request: Partial<HoldCall> = {}) => {
      decideNext()
      situation = { ...situation, ...change }
      asked = { ...asked, ...request }
    }
    const { users: _, ...found } = worst
    decideNext()
    situation = found
    mend({ endedSessions: new Set() })
    mend({ user: { ...user, disabled: false } })
    mend({ knownEvents: new Map() })
    mend({ keysInFlight: new Set() })
    mend({}, { model: 'gpt-5-mini' })
    mend({ prices: [PRICE] })
    mend({}, { unboundedPart: null })
    mend({ user: { total: { prompts: 0, tokens: 85, cost: 0 }, windows: rate } })
    mend({ plan: { ...plan, requestsPerMinute: 4 } })
    mend({ plan: { ...plan, requestsPerMinute: 4, concurrentCalls: 3 } })
    mend({}, { inputTokens: 0 })
    mend({ user: { total: { prompts: 0, tokens: 84, cost: 0 }, windows: rate } })
    decideNext()
    expect(codes).toEqual([
      ['user_not_found'],
      ['token_invalid'],
      ['user_disabled'],
      ['idempotency_key_used'],
      ['idempotency_key_in_flight'],
      ['model_not_allowed'],
      ['model_not_priced'],
      ['unbounded_request'],
      ['insufficient_quota', 'prompts'],
      ['rate_limit_exceeded'],
      ['concurrency_limit_reached'],
      'tokens_needed',
      ['insufficient_quota', 'tokens'],
      'held',
    ])
  })

  it('and writes nothing then, nor takes a place in the minute', () => {
    const plan = { limits: [limit('tokens', 10)], requestsPerMinute: 5 }
    const decision = decide([hold(), hold(), { ...hold(), inputTokens: null }], { plan })
    expect(decision.outcomes.map(({ kind }) => kind)).toEqual(['refused', 'refused', 'tokens_needed'])
    expect(decision).toMatchObject({ events: [], newHolds: [], endedHolds: [], changedAccounts: [] })
    expect(decision.usedSessions.size).toBe(0)
  })

  it('with the limit that is reached, where it stands and when it begins anew', () => {
    const plan = { limits: [limit('prompts', 9), limit('tokens', 50, 'day')] }
    const counts = { ...NO_WINDOW_COUNTS, day: { prompts: 1, tokens: 40, cost: 0 } }
    const user = {
      countedHour: NOW.getTime() / 3_600_000,
      windows: { counts, rateMinute: null, rateRequests: 0 },
    }
    const outcome = decideHold(hold(), {
      plan,
      user: { ...user, countedHour: Math.floor(user.countedHour) },
      held: new Map([['u', { prompts: 1, tokens: 4, cost: 0 }]]),
    })
    const reached = {
      ...limit('tokens', 50, 'day'),
      used: 40,
      held: 4,
      remaining: 6,
      windowStart: new Date('2026-11-23T00:00:00Z'),
      resetsAt: new Date('2026-11-24T00:00:00Z'),
    }
    expect(outcome).toMatchObject({ code: 'insufficient_quota', limit: reached })
    expect(outcome).toMatchObject({ quota: { at: NOW, standings: [{ meter: 'prompts' }, reached] } })
  })

  it('when the model is not named and the plan says which, or limits cost', () => {
    expect(decideHold(hold({ model: null }), { plan: { allowedModels: ['*'] } })).toMatchObject({
      code: 'model_not_allowed',
    })
    expect(decideHold(hold({ model: null }), { plan: { limits: [limit('cost', 9999)] } })).toMatchObject({
      code: 'model_not_priced',
    })
    expect(decideHold(hold({ model: null }))).toMatchObject({ kind: 'held', price: null })
  })

  it('for want of a price only where cost is limited, and where the price is not in effect yet', () => {
    const coming = [{ ...PRICE, effectiveFrom: new Date(NOW.getTime() + 1) }]
    for (const limits of [[], [limit('tokens', 9999)], [limit('prompts', 10)]])
      expect(decideHold(hold(), { plan: { limits }, prices: coming })).toMatchObject({
        kind: 'held',
        price: null,
      })
    const plan = { limits: [limit('cost', 99999)] }
    expect(decideHold(hold(), { plan, prices: coming })).toMatchObject({ code: 'model_not_priced' })
    expect(decideHold(hold(), { plan, prices: coming, now: coming[0]?.effectiveFrom as Date })).toMatchObject(
      {
        kind: 'held',
        price: coming[0],
      },
    )
  })

  it('for a part that nobody can bound only where tokens or cost are limited', () => {
    const call = hold({ unboundedPart: 'web_search' })
    for (const limits of [[], [limit('prompts', 10, 'month')]])
      expect(decideHold(call, { plan: { limits } })).toMatchObject({ kind: 'held' })
    for (const meter of ['tokens', 'cost'] as const)
      expect(decideHold(call, { plan: { limits: [limit(meter, 99999)] } })).toMatchObject({
        code: 'unbounded_request',
      })
  })

  it('only once it says its tokens, and they are asked for only where tokens or cost are limited', () => {
    const call = hold({ inputTokens: null })
    for (const limits of [[], [limit('prompts', 10, 'month')]])
      expect(decideHold(call, { plan: { limits } })).toMatchObject({ kind: 'held', maxTokens: null })
    for (const meter of ['tokens', 'cost'] as const)
      expect(decideHold(call, { plan: { limits: [limit(meter, 0, 'hour')] } })).toEqual({
        kind: 'tokens_needed',
      })
  })
})
