import { type Limit, MAX_COUNT, METERS, type Overrides, WINDOWS } from '@promptmeter/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Amounts, NO_WINDOW_COUNTS, NOTHING } from '../src/quotas/amounts.ts'
import { standingsOf, thresholdOf, type Use } from '../src/quotas/limit-standing.ts'
import { allowsModel, matchesModel } from '../src/quotas/model-pattern.ts'
import { limitsCost, limitsTokens, needsWindowCounts, type Terms, termsOf } from '../src/quotas/plan.ts'
import { planOf } from './support/batch-facts.ts'

const NOW = new Date('2026-11-23T10:20:30Z')

const limit = (meter: Limit['meter'], window: Limit['window'], amount: number): Limit => ({
  meter,
  window,
  amount,
})
const termsWith = (...limits: Limit[]): Terms => planOf({ limits })
const useOf = (fields: Partial<Use>): Use => ({
  total: NOTHING,
  windows: NO_WINDOW_COUNTS,
  held: NOTHING,
  ...fields,
})
const prompts = (count: number): Amounts => ({ ...NOTHING, prompts: count })

const amount = fc.oneof({ arbitrary: fc.nat(100), weight: 4 }, fc.constantFrom(0, MAX_COUNT - 1, MAX_COUNT))
const place = { meter: fc.constantFrom(...METERS), window: fc.constantFrom(...WINDOWS) }
const selector = ({ meter, window }: Pick<Limit, 'meter' | 'window'>) => `${meter}/${window}`
const limits = fc.uniqueArray(fc.record({ ...place, amount }), { selector })
const bound = fc.option(fc.integer({ min: 1, max: 100 }))
const models = fc.option(fc.array(fc.constantFrom('gpt-5*', 'o3'), { maxLength: 2 }))
const bounds = {
  allowedModels: models,
  requestsPerMinute: bound,
  concurrentCalls: bound,
  defaultMaxTokens: bound,
}
const terms = fc.record({ limits, ...bounds })
const overrides: fc.Arbitrary<Overrides> = fc.record(
  {
    limits: fc.uniqueArray(fc.record({ ...place, amount: fc.option(amount) }), { selector }),
    ...bounds,
  },
  { requiredKeys: [] },
)

describe('the terms of a user', () => {
  it('have for each meter and window the threshold, else the override, else the amount of the plan', () => {
    fc.assert(
      fc.property(terms, fc.option(overrides), fc.option(amount), (plan, overrides, threshold) => {
        const own = termsOf(plan, overrides, threshold)
        for (const meter of METERS) {
          for (const window of WINDOWS) {
            const isThis = (one: Pick<Limit, 'meter' | 'window'>) => selector(one) === `${meter}/${window}`
            const override = overrides?.limits?.find(isThis)
            const granted = plan.limits.find(isThis)?.amount
            const instead = override === undefined ? granted : (override.amount ?? undefined)
            const isThreshold = meter === 'prompts' && window === 'lifetime' && threshold !== null
            const expected = isThreshold ? threshold : instead
            // 2^53 - 1 stands for no limit.
            expect(own.limits.filter(isThis).map(({ amount }) => amount)).toEqual(
              expected === undefined || expected === MAX_COUNT ? [] : [expected],
            )
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('have each bound of the overrides, also one that lifts it, and the others of the plan', () => {
    fc.assert(
      fc.property(terms, fc.option(overrides), fc.option(amount), (plan, overrides, threshold) => {
        const own = termsOf(plan, overrides, threshold)
        for (const name of Object.keys(bounds) as (keyof typeof bounds)[])
          expect(own[name]).toEqual(overrides !== null && name in overrides ? overrides[name] : plan[name])
      }),
    )
  })

  it('leave the plan itself as it is for everybody else', () => {
    fc.assert(
      fc.property(terms, overrides, fc.option(amount), (plan, overrides, threshold) => {
        const before = structuredClone(plan)
        termsOf(plan, overrides, threshold)
        expect(plan).toEqual(before)
      }),
    )
  })

  it('ask for the counts of windows, for tokens and for a price only where a limit needs them', () => {
    expect(needsWindowCounts(termsWith(limit('prompts', 'lifetime', 1)))).toBe(false)
    expect(needsWindowCounts(planOf({ requestsPerMinute: 1 }))).toBe(true)
    for (const window of WINDOWS)
      expect(needsWindowCounts(termsWith(limit('cost', window, 1)))).toBe(window !== 'lifetime')
    for (const meter of METERS) {
      const one = termsWith(limit(meter, 'day', 1))
      expect([limitsTokens(one), limitsCost(one)]).toEqual([meter !== 'prompts', meter === 'cost'])
    }
  })
})

describe('the threshold that old clients compare with', () => {
  const windows = { ...NO_WINDOW_COUNTS, day: prompts(3), month: prompts(20) }

  it('is the limit on prompts for life, whatever is used and whatever windows limit beside it', () => {
    const limits = [limit('prompts', 'day', 5), limit('prompts', 'lifetime', 12), limit('tokens', 'day', 1)]
    for (const count of [0, 11, 12, 500])
      expect(thresholdOf(limits, { total: prompts(count), windows })).toBe(12)
  })

  it('is the count and the least that is left where only windows limit prompts', () => {
    const use = { total: prompts(70), windows }
    expect(thresholdOf([limit('prompts', 'day', 5), limit('prompts', 'month', 100)], use)).toBe(70 + 2)
    expect(thresholdOf([limit('prompts', 'day', 50), limit('prompts', 'month', 21)], use)).toBe(70 + 1)
    expect(thresholdOf([limit('prompts', 'day', 5), limit('tokens', 'month', 0)], use)).toBe(70 + 2)
  })

  it('is the count itself once a window is used up, also when it is overrun', () => {
    for (const amount of [0, 2, 3])
      expect(thresholdOf([limit('prompts', 'day', amount)], { total: prompts(70), windows })).toBe(70)
  })

  it('is 9007199254740991 where nothing limits prompts', () => {
    const use = { total: prompts(70), windows }
    for (const limits of [[], [limit('tokens', 'lifetime', 1), limit('cost', 'day', 0)]])
      expect(thresholdOf(limits, use)).toBe(9007199254740991)
  })

  it('never passes what JSON carries, and is reached just when a limit on prompts is', () => {
    fc.assert(
      fc.property(limits, fc.nat(150), fc.nat(150), (limits, count, inWindow) => {
        const windows = { ...NO_WINDOW_COUNTS, hour: prompts(inWindow), week: prompts(inWindow) }
        const threshold = thresholdOf(limits, { total: prompts(count), windows })
        expect(threshold).toBeLessThanOrEqual(MAX_COUNT)
        const onPrompts = limits.filter(({ meter }) => meter === 'prompts')
        const forLife = onPrompts.filter(({ window }) => window === 'lifetime')
        const used = (window: Limit['window']) => (window === 'lifetime' ? count : usedIn(window))
        const usedIn = (window: string) => (window === 'hour' || window === 'week' ? inWindow : 0)
        const telling = forLife.length > 0 ? forLife : onPrompts
        expect(count >= threshold).toBe(telling.some(({ window, amount }) => used(window) >= amount))
      }),
    )
  })
})

describe('where a user stands with a limit', () => {
  const windows = { ...NO_WINDOW_COUNTS, hour: { prompts: 1, tokens: 20, cost: 300 } }
  const total = { prompts: 5, tokens: 60, cost: 700 }
  const held = { prompts: 2, tokens: 30, cost: 400 }

  it('is told by its own meter and window, and what is held counts against each', () => {
    const limits = [limit('tokens', 'lifetime', 100), limit('cost', 'hour', 1000), limit('prompts', 'day', 9)]
    expect(standingsOf(limits, useOf({ total, windows, held }), NOW)).toEqual([
      { ...limits[0], used: 60, held: 30, remaining: 10, windowStart: null, resetsAt: null },
      {
        ...limits[1],
        used: 300,
        held: 400,
        remaining: 300,
        windowStart: new Date('2026-11-23T10:00:00Z'),
        resetsAt: new Date('2026-11-23T11:00:00Z'),
      },
      {
        ...limits[2],
        used: 0,
        held: 2,
        remaining: 7,
        windowStart: new Date('2026-11-23T00:00:00Z'),
        resetsAt: new Date('2026-11-24T00:00:00Z'),
      },
    ])
  })

  it('never shows less than nothing left or used, overrun or corrected below zero', () => {
    const corrected = { ...NO_WINDOW_COUNTS, hour: { prompts: -4, tokens: 0, cost: 0 } }
    const [overrun, negative] = standingsOf(
      [limit('tokens', 'lifetime', 80), limit('prompts', 'hour', 9)],
      useOf({ total, windows: corrected, held }),
      NOW,
    )
    expect(overrun).toMatchObject({ used: 60, held: 30, remaining: 0 })
    expect(negative).toMatchObject({ used: 0, held: 2, remaining: 7 })
  })
})

describe('a pattern of models', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '$', '😀'), maxLength: 8 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '*', '*'), maxLength: 8 })

  /** The same as a regular expression: every character stands for itself, save `*` for any text. */
  function isMatch(pattern: string, model: string): boolean {
    const parts = pattern.split('*').map((part) => part.replace(/[^a-z0-9]/g, '\\$&'))
    return new RegExp(`^${parts.join('[^]*')}$`).test(model)
  }

  it('fits just the models that the same regular expression fits', () => {
    fc.assert(
      fc.property(pattern, text, (pattern, model) => {
        expect(matchesModel(pattern, model)).toBe(isMatch(pattern, model))
      }),
      { numRuns: 5000 },
    )
  })

  it('fits every model it was made from, any part of which may become a star', () => {
    const cuts = fc.array(fc.tuple(fc.nat(8), fc.nat(3)), { maxLength: 4 })
    fc.assert(
      fc.property(text, cuts, (model, cuts) => {
        let pattern = model
        for (const [from, length] of cuts)
          pattern = `${pattern.slice(0, from)}*${pattern.slice(from + length)}`
        expect(matchesModel(pattern, model)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['gpt-5', 'gpt-5', true],
    ['gpt-5', 'gpt-5-mini', false],
    ['gpt-5*', 'gpt-5', true],
    ['gpt-5*', 'GPT-5', false],
    ['*mini', 'gpt-5-mini', true],
    ['gpt.5', 'gpt-5', false],
    ['*', '', true],
    ['ab*ba', 'aba', false],
    ['a*a', 'a', false],
    ['*ab*ab', 'ab', false],
    ['**', 'x', true],
  ])('%s and %s: %s', (pattern, model, fits) => {
    expect(matchesModel(pattern, model)).toBe(fits)
  })

  it('is decided however many stars it has, where trying every way to fit would never end', () => {
    const model = `${'a'.repeat(50_000)}b`
    expect(matchesModel(`${'*a'.repeat(2_000)}*c`, model)).toBe(false)
    expect(matchesModel(`${'a*'.repeat(2_000)}b`, model)).toBe(true)
    expect(matchesModel(`*${'a'.repeat(40_000)}*${'a'.repeat(40_000)}*`, model)).toBe(false)
  })

  it('allows every model where there is none, no model where the list is empty, and what any of them fits', () => {
    expect(allowsModel(null, 'o3')).toBe(true)
    expect(allowsModel([], 'o3')).toBe(false)
    expect(allowsModel(['gpt-5*', 'o3'], 'o3')).toBe(true)
    expect(allowsModel(['gpt-5*', 'o3'], 'o3-mini')).toBe(false)
  })
})
