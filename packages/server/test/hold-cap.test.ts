import { describe, expect, it } from 'vitest'
import type { HoldCall } from '../src/ledger/hold-call.ts'
import { NOTHING } from '../src/quotas/amounts.ts'
import type { Price } from '../src/quotas/price.ts'
import { decide, decideHold, hold, limit, PRICE, type Situation } from './support/hold-situations.ts'

describe('the cap of an answer', () => {
  const held = (maxTokens: number | null) => ({ kind: 'held', maxTokens })
  const tokensLeft = (left: number): Situation => ({
    plan: { limits: [limit('tokens', 1000)] },
    user: { total: { ...NOTHING, tokens: 700 } },
    held: new Map([['u', { prompts: 1, tokens: 300 - left, cost: 0 }]]),
  })

  it('is what the request asks for, else what the plan says, else 4096, where it fits', () => {
    const plan = { limits: [limit('tokens', 10_000)] }
    expect(decideHold(hold({ maxTokens: 5000 }), { plan })).toMatchObject(held(5000))
    expect(decideHold(hold(), { plan: { ...plan, defaultMaxTokens: 50 } })).toMatchObject(held(50))
    expect(decideHold(hold(), { plan })).toMatchObject(held(4096))
  })

  it('is none where neither tokens nor cost are limited: the request goes as it is', () => {
    for (const limits of [[], [limit('prompts', 3)]])
      expect(decideHold(hold({ maxTokens: 70 }), { plan: { limits } })).toMatchObject(held(null))
  })

  it('is what is left beside the input, down to 16 tokens; below that the call is refused', () => {
    for (const left of [300, 100, 16])
      expect(decideHold(hold({ inputTokens: 0 }), tokensLeft(left))).toMatchObject(held(left))
    expect(decideHold(hold({ inputTokens: 84 }), tokensLeft(100))).toMatchObject(held(16))
    for (const inputTokens of [85, 100, 101])
      expect(decideHold(hold({ inputTokens }), tokensLeft(100))).toMatchObject({ code: 'insufficient_quota' })
  })

  it('is never below what the request asks for where that is less than 16', () => {
    expect(decideHold(hold({ inputTokens: 95, maxTokens: 5 }), tokensLeft(100))).toMatchObject(held(5))
    expect(decideHold(hold({ inputTokens: 96, maxTokens: 5 }), tokensLeft(100))).toMatchObject({
      code: 'insufficient_quota',
    })
  })

  it('is shared by the answers of one call, each of which may be as long', () => {
    const call = hold({ inputTokens: 20, answers: 3 })
    const { outcomes, newHolds } = decide([call], tokensLeft(100))
    expect(outcomes[0]).toMatchObject(held(26))
    expect(newHolds[0]?.amounts.tokens).toBe(20 + 3 * 26)
    expect(decideHold({ ...call, answers: 5 }, tokensLeft(100))).toMatchObject(held(16))
    expect(decideHold({ ...call, answers: 6 }, tokensLeft(100))).toMatchObject({ code: 'insufficient_quota' })
  })

  it('fits into the money that is left, at the worst price of the input', () => {
    const plan = { limits: [limit('cost', 1000)] }
    const user = { total: { ...NOTHING, cost: 600 } }
    const held = new Map([['u', { prompts: 1, tokens: 0, cost: 100 }]])
    const outcome = (call: HoldCall, price: Partial<Price> = {}) => {
      const { outcomes, newHolds } = decide([call], { plan, user, held, prices: [{ ...PRICE, ...price }] })
      return [(outcomes[0] as { maxTokens?: number }).maxTokens, newHolds[0]?.amounts]
    }
    // 300 micro-dollars are left: 90 for the input, then 70 tokens at three.
    expect(outcome(hold({ inputTokens: 90 }))).toEqual([70, { prompts: 1, tokens: 160, cost: 300 }])
    // Input that the upstream has cached may cost more than other input.
    expect(outcome(hold({ inputTokens: 90 }), { cachedInputMicros: 2_000_000 })).toEqual([
      40,
      { prompts: 1, tokens: 130, cost: 300 },
    ])
    expect(outcome(hold({ inputTokens: 90, answers: 2 }))).toEqual([
      35,
      { prompts: 1, tokens: 160, cost: 300 },
    ])
    expect(outcome(hold({ inputTokens: 252 }))).toEqual([16, { prompts: 1, tokens: 268, cost: 300 }])
    expect(outcome(hold({ inputTokens: 253 }))).toEqual([undefined, undefined])
    expect(outcome(hold({ inputTokens: 301, maxTokens: 0 }))).toEqual([undefined, undefined])
    expect(outcome(hold({ inputTokens: 300 }), { outputMicros: 0 })[0]).toBe(4096)
  })

  it('is the least of what all limits leave', () => {
    const limits = [limit('tokens', 500, 'day'), limit('cost', 270), limit('tokens', 120, 'month')]
    expect(decideHold(hold({ inputTokens: 20 }), { plan: { limits } })).toMatchObject(held(83))
    expect(decideHold(hold({ inputTokens: 20 }), { plan: { limits: limits.toReversed() } })).toMatchObject(
      held(83),
    )
  })

  it('is none for embeddings, which have no answers: the input alone must fit', () => {
    const call = hold({ answers: 0, inputTokens: 100, maxTokens: null })
    const { outcomes, newHolds } = decide([call], tokensLeft(100))
    expect(outcomes[0]).toMatchObject(held(null))
    expect(newHolds[0]?.amounts).toEqual({ prompts: 1, tokens: 100, cost: 100 })
    expect(decideHold(call, tokensLeft(99))).toMatchObject({ code: 'insufficient_quota' })
    const plan = { limits: [limit('cost', 100)] }
    expect(decideHold(call, { plan })).toMatchObject(held(null))
    expect(decideHold({ ...call, inputTokens: 101 }, { plan })).toMatchObject({ code: 'insufficient_quota' })
  })
})
