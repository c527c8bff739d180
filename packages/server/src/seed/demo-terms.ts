import type { Limit } from '@promptmeter/contract'

export interface DemoPlan {
  readonly name: string
  readonly limits: readonly Limit[]
  readonly requestsPerMinute: number | null
}

/** Beside `free`, which the schema brings. */
export const DEMO_PLANS: readonly DemoPlan[] = [
  {
    name: 'trial',
    limits: [{ meter: 'prompts', window: 'week', amount: 50 }],
    requestsPerMinute: 10,
  },
  {
    name: 'pro',
    limits: [
      { meter: 'prompts', window: 'month', amount: 1000 },
      { meter: 'tokens', window: 'month', amount: 5_000_000 },
    ],
    requestsPerMinute: null,
  },
  {
    name: 'team',
    limits: [{ meter: 'cost', window: 'month', amount: 50_000_000 }],
    requestsPerMinute: 60,
  },
]

export interface DemoModel {
  readonly model: string
  /** Micro-dollars for a million tokens. */
  readonly inputMicros: number
  readonly cachedInputMicros: number
  readonly outputMicros: number
  /** Whether it thinks before it answers. */
  readonly reasons: boolean
}

/** As OpenAI listed them in 2025. */
export const DEMO_MODELS: readonly DemoModel[] = [
  {
    model: 'gpt-5',
    inputMicros: 1_250_000,
    cachedInputMicros: 125_000,
    outputMicros: 10_000_000,
    reasons: true,
  },
  {
    model: 'gpt-5-mini',
    inputMicros: 250_000,
    cachedInputMicros: 25_000,
    outputMicros: 2_000_000,
    reasons: true,
  },
  {
    model: 'gpt-5-nano',
    inputMicros: 50_000,
    cachedInputMicros: 5_000,
    outputMicros: 400_000,
    reasons: false,
  },
  {
    model: 'o4-mini',
    inputMicros: 1_100_000,
    cachedInputMicros: 275_000,
    outputMicros: 4_400_000,
    reasons: true,
  },
]
