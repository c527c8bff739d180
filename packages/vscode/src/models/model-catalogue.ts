/** What the editor wants to know of a model and no list of OpenAI's says. */
export interface ModelFacts {
  readonly name: string
  readonly family: string
  /** Tokens. */
  readonly maxInputTokens: number
  /** Tokens. */
  readonly maxOutputTokens: number
  readonly imageInput: boolean
  readonly toolCalling: boolean
}

/** What most chat models of today can take; an author who knows better says so. */
const USUAL = { maxInputTokens: 128_000, maxOutputTokens: 16_384, imageInput: true, toolCalling: true }

/**
 * Families whose bounds differ, the first that fits counts. Rounded down from what OpenAI publishes of them, and no more than a
 * hint to the editor: what a model takes the provider decides.
 */
const FAMILIES: readonly (readonly [RegExp, Partial<typeof USUAL>])[] = [
  [/^gpt-3\.5/, { maxInputTokens: 12_000, maxOutputTokens: 4_096, imageInput: false }],
  [/^gpt-4-(turbo-preview|1106|0125)/, { maxOutputTokens: 4_096, imageInput: false }],
  [/^gpt-4(-\d{4})?$/, { maxInputTokens: 6_000, maxOutputTokens: 2_048, imageInput: false }],
  [/^gpt-4\.1/, { maxInputTokens: 1_000_000, maxOutputTokens: 32_768 }],
  [/^gpt-4o/, {}],
  [/^gpt-[5-9]/, { maxInputTokens: 272_000, maxOutputTokens: 128_000 }],
  [/^o\d-mini/, { maxInputTokens: 100_000, maxOutputTokens: 100_000, imageInput: false }],
  [/^o\d/, { maxInputTokens: 100_000, maxOutputTokens: 100_000 }],
  [
    /^promptmeter-demo$/,
    { maxInputTokens: 8_000, maxOutputTokens: 2_000, imageInput: false, toolCalling: false },
  ],
]

/** Of OpenAI's, what answers no chat. */
const OTHER_KINDS =
  /embedding|whisper|^tts|-tts|dall-e|image|moderation|realtime|audio|transcribe|^davinci|^babbage|^gpt-3\.5-turbo-instruct|^sora|search|computer-use|codex|deep-research|^(gpt-|o\d).*-pro(-|$)/

export function isChatModel(id: string): boolean {
  return !OTHER_KINDS.test(id)
}

export function factsOf(id: string): ModelFacts {
  const own = FAMILIES.find(([pattern]) => pattern.test(id))?.[1] ?? {}
  // A dated model is one of its family: gpt-5-mini-2025-08-07, gpt-4-0613.
  const family = id.replace(/-(20\d\d-\d\d-\d\d|[01]\d[0-3]\d)$/, '')
  return { name: id, family, ...USUAL, ...own }
}
