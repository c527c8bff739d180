import { MAX_COUNT } from '@promptmeter/contract'
import type { TokenUsage } from '../ledger/hold-call.ts'
import { isObject, objectOf } from './json-value.ts'

/**
 * The upstream's own numbers in a `usage` object, of chat and completions (`prompt_tokens`, `completion_tokens`), of
 * responses (`input_tokens`, `output_tokens`) or of embeddings (`prompt_tokens`). Cached tokens are a part of the input
 * and reasoning tokens of the output: neither is added again.
 * @returns null where there are no numbers that can be believed
 */
export function parseUsage(usage: unknown): TokenUsage | null {
  if (!isObject(usage)) return null
  const input = countOf(usage.prompt_tokens ?? usage.input_tokens)
  const told = usage.completion_tokens ?? usage.output_tokens ?? null
  const answer = countOf(told)
  const total = countOf(usage.total_tokens)
  // Embeddings tell a total and no output; where neither can be read nobody knows what the answer took.
  if (input === null || (answer === null && (told !== null || total === null))) return null
  // Some servers leave reasoning out of the output and only in the total: what is billed is the total.
  const output = Math.max(answer ?? 0, (total ?? 0) - input)
  const inputDetails = objectOf(usage.prompt_tokens_details ?? usage.input_tokens_details)
  const outputDetails = objectOf(usage.completion_tokens_details ?? usage.output_tokens_details)
  return {
    inputTokens: input,
    cachedInputTokens: Math.min(input, countOf(inputDetails.cached_tokens) ?? 0),
    outputTokens: output,
    reasoningTokens: Math.min(output, countOf(outputDetails.reasoning_tokens) ?? 0),
    estimated: false,
  }
}

/** No call uses more: a number beyond is garbage. */
const MAX_TOKENS_OF_A_CALL = Math.min(MAX_COUNT, 1_000_000_000)

function countOf(value: unknown): number | null {
  const isCount =
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TOKENS_OF_A_CALL
  return isCount ? (value as number) : null
}
