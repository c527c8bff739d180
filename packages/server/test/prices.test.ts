import { MAX_COUNT, MAX_PRICE_MICROS } from '@promptmeter/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesModel } from '../src/quotas/model-pattern.ts'
import {
  costOf,
  findPrice,
  outputWithin,
  type Price,
  type UnitPrices,
  worstCostOf,
} from '../src/quotas/price.ts'

const MILLION = 1_000_000n
const at = (text: string) => new Date(text)

const price = (model: string, effectiveFrom: string, inputMicros = 0): Price => ({
  model,
  effectiveFrom: at(effectiveFrom),
  inputMicros,
  cachedInputMicros: null,
  outputMicros: 0,
})

describe('the price of a model', () => {
  const NOW = at('2026-11-23T10:00:00Z')
  const EARLY = '2026-01-01T00:00:00Z'
  const find = (prices: readonly Price[], model: string | null) => findPrice(prices, model, NOW)

  it('is the one set for exactly this model, however well or lately a pattern fits', () => {
    const exact = price('gpt-5', EARLY)
    const patterns = ['gpt-*', 'gpt-5*', '*gpt-5'].map((model) => price(model, '2026-06-01T00:00:00Z'))
    expect(find([...patterns, exact], 'gpt-5')).toBe(exact)
    expect(find([exact, ...patterns], 'gpt-5')).toBe(exact)
  })

  it('is that of the pattern that says most, where none names the model', () => {
    const [widest, wide, narrow] = [price('*', EARLY), price('gpt-*', EARLY), price('gpt-5-*', EARLY)]
    for (const prices of [
      [widest, wide, narrow],
      [narrow, wide, widest],
    ]) {
      expect(find(prices, 'gpt-5-mini')).toBe(narrow)
      expect(find(prices, 'gpt-4.1')).toBe(wide)
      expect(find(prices, 'o3')).toBe(widest)
    }
  })

  it('does not count the stars of a pattern as said', () => {
    const said = price('gpt-5', EARLY)
    const starred = price('g*p*t*-', EARLY)
    expect(find([price('gpt*', EARLY), price('g**********', EARLY)], 'gpt-5')?.model).toBe('gpt*')
    expect(find([starred, said], 'gpt-')).toBe(starred)
  })

  it('begins at its moment, included, and not before, also where a newer one would fit better', () => {
    const [old, fresh] = [price('gpt-5*', EARLY, 1), price('gpt-5*', NOW.toISOString(), 2)]
    const coming = price('gpt-5', new Date(NOW.getTime() + 1).toISOString(), 3)
    const prices = [coming, old, fresh]
    expect(findPrice(prices, 'gpt-5', new Date(NOW.getTime() - 1))).toBe(old)
    expect(findPrice(prices, 'gpt-5', NOW)).toBe(fresh)
    expect(findPrice(prices, 'gpt-5', new Date(NOW.getTime() + 1))).toBe(coming)
    expect(findPrice(prices, 'gpt-5', new Date(at(EARLY).getTime() - 1))).toBeNull()
  })

  it('is none for a model that is unknown or not named', () => {
    expect(find([price('gpt-5*', EARLY)], 'o3')).toBeNull()
    expect(find([price('*', EARLY)], null)).toBeNull()
    expect(find([], 'gpt-5')).toBeNull()
  })

  it('is the same on every replica, in whatever order the prices are read', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 4 })
    const effectiveFrom = fc.constantFrom(EARLY, '2026-06-01T00:00:00Z', '2027-01-01T00:00:00Z')
    // As the table keeps them: one for each model and moment.
    const prices = fc.uniqueArray(fc.tuple(pattern, effectiveFrom), { selector: (one) => one.join() })
    const shuffled = prices.chain((pairs) => {
      const all = pairs.map((pair) => price(...pair))
      return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))
    })
    const model = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 })
    fc.assert(
      fc.property(shuffled, model, ([prices, others], model) => {
        const found = find(prices, model)
        expect(find(others, model)).toBe(found)
        const fitting = prices.filter((one) => one.effectiveFrom <= NOW && matchesModel(one.model, model))
        expect(found !== null).toBe(fitting.length > 0)
        if (found !== null) expect(fitting).toContain(found)
      }),
      { numRuns: 2000 },
    )
  })
})

const tokens = fc.oneof(fc.nat(5000), fc.nat(1_000_000_000), fc.nat(MAX_COUNT))
const micros = fc.oneof(fc.nat(100), fc.nat(20_000_000), fc.integer({ min: 0, max: MAX_PRICE_MICROS }))
const unitPrices: fc.Arbitrary<UnitPrices> = fc.record({
  inputMicros: micros,
  cachedInputMicros: fc.option(micros),
  outputMicros: micros,
})
const usage = fc
  .tuple(tokens, fc.double({ min: 0, max: 1, noNaN: true }), tokens)
  .map(([inputTokens, share, outputTokens]) => ({
    inputTokens,
    cachedInputTokens: Math.min(inputTokens, Math.floor(inputTokens * share)),
    outputTokens,
  }))

describe('the cost of a call', () => {
  it('is the least whole number of micro-dollars that covers it exactly', () => {
    fc.assert(
      fc.property(usage, unitPrices, (usage, { inputMicros, cachedInputMicros, outputMicros }) => {
        const { inputTokens, cachedInputTokens, outputTokens } = usage
        const cost = BigInt(costOf(usage, { inputMicros, cachedInputMicros, outputMicros }))
        // Token by kind of token; a millionth part of a micro-dollar is the unit.
        const exact =
          BigInt(inputTokens) * BigInt(inputMicros) -
          BigInt(cachedInputTokens) * BigInt(inputMicros) +
          BigInt(cachedInputTokens) * BigInt(cachedInputMicros === null ? inputMicros : cachedInputMicros) +
          BigInt(outputTokens) * BigInt(outputMicros)
        if (exact > BigInt(MAX_COUNT) * MILLION) expect(cost).toBe(BigInt(MAX_COUNT))
        else expect(cost * MILLION >= exact && (cost - 1n) * MILLION < exact).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('counts cached tokens as a part of the input and adds them never again', () => {
    const prices = { inputMicros: 1_000_000, cachedInputMicros: 100_000, outputMicros: 0 }
    const cost = (inputTokens: number, cachedInputTokens: number) =>
      costOf({ inputTokens, cachedInputTokens, outputTokens: 0 }, prices)
    expect(cost(1000, 0)).toBe(1000)
    expect(cost(1000, 900)).toBe(100 + 90)
    expect(cost(1000, 1000)).toBe(100)
    fc.assert(
      fc.property(usage, unitPrices, (usage, prices) => {
        // Where they cost the same it makes no difference how many were cached.
        const same = { ...prices, cachedInputMicros: null }
        expect(costOf(usage, same)).toBe(costOf({ ...usage, cachedInputTokens: 0 }, same))
        expect(costOf(usage, same)).toBe(costOf(usage, { ...same, cachedInputMicros: same.inputMicros }))
      }),
    )
  })

  it('of a single token is never nothing, unless its price is', () => {
    const one = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 1 }
    expect(costOf(one, { inputMicros: 0, cachedInputMicros: null, outputMicros: 1 })).toBe(1)
    expect(costOf(one, { inputMicros: 5, cachedInputMicros: null, outputMicros: 0 })).toBe(0)
  })

  it('never passes the worst of its hold, whatever share of the input was cached and however short it fell', () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(usage, unitPrices, part, part, (usage, prices, ofInput, ofOutput) => {
        const inputTokens = Math.floor(usage.inputTokens * ofInput)
        const used = {
          inputTokens,
          cachedInputTokens: Math.min(usage.cachedInputTokens, inputTokens),
          outputTokens: Math.floor(usage.outputTokens * ofOutput),
        }
        const worst = worstCostOf(usage.inputTokens, usage.outputTokens, prices)
        expect(costOf(used, prices)).toBeLessThanOrEqual(worst)
      }),
      { numRuns: 2000 },
    )
  })

  it('is at worst what it is with the dearer kind of input, and no more', () => {
    fc.assert(
      fc.property(tokens, tokens, unitPrices, (inputTokens, outputTokens, prices) => {
        const all = { inputTokens, outputTokens }
        const worst = worstCostOf(inputTokens, outputTokens, prices)
        const costs = [0, inputTokens].map((cachedInputTokens) =>
          costOf({ ...all, cachedInputTokens }, prices),
        )
        expect(worst).toBe(Math.max(...costs))
      }),
    )
  })
})

describe('the output that fits', () => {
  const left = fc.oneof(fc.nat(1000), fc.nat(100_000_000), fc.nat(MAX_COUNT))
  const answers = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 128 }))

  it('beside an input fits whatever number of answers share it', () => {
    fc.assert(
      fc.property(left, tokens, answers, unitPrices, (left, inputTokens, answers, prices) => {
        const leftForOutput = left - worstCostOf(inputTokens, 0, prices)
        fc.pre(leftForOutput >= 0)
        const cap = Math.floor(outputWithin(leftForOutput, prices) / answers)
        expect(worstCostOf(inputTokens, answers * cap, prices)).toBeLessThanOrEqual(left)
      }),
      { numRuns: 5000 },
    )
  })

  it('is the most that does: one token more would cost more than there is', () => {
    fc.assert(
      fc.property(left, unitPrices, (left, prices) => {
        const output = outputWithin(left, prices)
        expect(worstCostOf(0, output, prices)).toBeLessThanOrEqual(left)
        if (output === MAX_COUNT) return
        const exact = BigInt(output + 1) * BigInt(prices.outputMicros)
        expect(exact > BigInt(left) * MILLION).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('is none where nothing or less is left, and no bound where output is free', () => {
    const dear = { inputMicros: 1, cachedInputMicros: null, outputMicros: 10_000_000 }
    expect(outputWithin(0, dear)).toBe(0)
    expect(outputWithin(-50, dear)).toBe(0)
    expect(outputWithin(9, dear)).toBe(0)
    expect(outputWithin(10, dear)).toBe(1)
    expect(outputWithin(0, { ...dear, outputMicros: 0 })).toBe(MAX_COUNT)
  })
})
