import { MAX_COUNT } from '@promptmeter/contract'
import { matchesModel, precisionOf } from './model-pattern.ts'

/** Micro-dollars for a million tokens. */
export interface UnitPrices {
  readonly inputMicros: number
  /** Null where cached input costs like other input. */
  readonly cachedInputMicros: number | null
  readonly outputMicros: number
}

export interface Price extends UnitPrices {
  /** A model, or a pattern in which `*` stands for any text. */
  readonly model: string
  readonly effectiveFrom: Date
}

/** Cached tokens are a part of the input, and reasoning tokens of the output: neither is added to it again. */
export interface TokenUse {
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
}

/** What a model costs at a moment: of the patterns that fit, the most precise that is in effect. */
export function findPrice(prices: readonly Price[], model: string | null, at: Date): Price | null {
  if (model === null) return null
  let best: Price | null = null
  for (const price of prices) {
    if (price.effectiveFrom > at || !matchesModel(price.model, model)) continue
    if (best === null || isBetter(price, best)) best = price
  }
  return best
}

function isBetter(one: Price, other: Price): boolean {
  const difference = precisionOf(one.model) - precisionOf(other.model)
  // NaN for two without `*`, which are then the same model.
  if (difference > 0 || difference < 0) return difference > 0
  const later = one.effectiveFrom.getTime() - other.effectiveFrom.getTime()
  // `gpt-5*` and `*-mini` say as much: replicas, which read them in any order, have to agree.
  return later === 0 ? one.model < other.model : later > 0
}

const MILLION = 1_000_000n

/** In micro-dollars, rounded up: a call that costs anything is never free. Past what JSON carries it stays at the end. */
export function costOf(
  { inputTokens, cachedInputTokens, outputTokens }: TokenUse,
  price: UnitPrices,
): number {
  const { inputMicros, cachedInputMicros, outputMicros } = price
  // A bill of 10^9 tokens at 10^12 passes what a number holds exactly.
  const micros =
    BigInt(inputTokens - cachedInputTokens) * BigInt(inputMicros) +
    BigInt(cachedInputTokens) * BigInt(cachedInputMicros ?? inputMicros) +
    BigInt(outputTokens) * BigInt(outputMicros)
  return Math.min(MAX_COUNT, Number((micros + MILLION - 1n) / MILLION))
}

/** The same at worst: nobody knows beforehand what the upstream has in its cache. */
export function worstCostOf(inputTokens: number, outputTokens: number, price: UnitPrices): number {
  const inputMicros = Math.max(price.inputMicros, price.cachedInputMicros ?? 0)
  return costOf({ inputTokens, cachedInputTokens: 0, outputTokens }, { ...price, inputMicros })
}

/** The most tokens of output that fit into `micros`, when the rounding up is counted in. */
export function outputWithin(micros: number, price: UnitPrices): number {
  if (price.outputMicros === 0) return Number.MAX_SAFE_INTEGER
  const tokens = (BigInt(Math.max(0, micros)) * MILLION) / BigInt(price.outputMicros)
  return Math.min(MAX_COUNT, Number(tokens))
}
