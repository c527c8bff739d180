import { type Static, Type } from 'typebox'
import { MAX_COUNT, MAX_PLAN_MODELS, MAX_PRICE_MICROS, PLAN_NAME_PATTERN, TERM_BOUNDS } from './bounds.ts'
import { Count, Instant, Label, UserId } from './fields.ts'

/** What is counted. `cost` is in micro-dollars: a million make a dollar. */
export const METERS = ['prompts', 'tokens', 'cost'] as const
export type Meter = (typeof METERS)[number]

/** How long a limit looks back: half-open and UTC; a week begins on Monday. `lifetime` never begins anew. */
export const WINDOWS = ['lifetime', 'month', 'week', 'day', 'hour'] as const
export type Window = (typeof WINDOWS)[number]

const MeterName = Type.Enum([...METERS], {
  description: 'What is counted; `cost` in micro-dollars',
  examples: ['prompts'],
})
const WindowName = Type.Enum([...WINDOWS], {
  description: 'UTC and half-open, a week from Monday; `lifetime` never begins anew',
  examples: ['month'],
})

export const Limit = Type.Object(
  {
    meter: MeterName,
    window: WindowName,
    amount: Count('The most of it in one window; `cost` in micro-dollars', 1000),
  },
  { title: 'Limit', additionalProperties: false },
)
export type Limit = Static<typeof Limit>

/** Where a user stands with one limit. */
export const LimitResponse = Type.Object(
  {
    ...Limit.properties,
    used: Count('Used in the present window', 12),
    held: Count('Held by calls that are under way', 1),
    remaining: Count('max(0, amount - used - held)', 987),
    windowStart: Type.Union([Instant('', '2026-11-01T00:00:00.000Z'), Type.Null()], {
      description: 'Start of the present window, included; null for `lifetime`',
    }),
    resetsAt: Type.Union([Instant('', '2026-12-01T00:00:00.000Z'), Type.Null()], {
      description:
        'End of the present window, not included, when `used` begins at 0 again; null for `lifetime`',
    }),
  },
  { title: 'LimitStanding' },
)
export type LimitResponse = Static<typeof LimitResponse>

const nullable = <Schema extends Parameters<typeof Type.Union>[0][number]>(
  schema: Schema,
  description: string,
) => Type.Union([schema, Type.Null()], { description })

const ModelPattern = Label('A model, or a pattern in which `*` stands for any text', 128, 'gpt-5*')

const termFields = {
  allowedModels: nullable(
    Type.Array(ModelPattern, { maxItems: MAX_PLAN_MODELS }),
    'The models that may be called; null for all',
  ),
  requestsPerMinute: nullable(
    Type.Integer({ ...TERM_BOUNDS.requestsPerMinute, examples: [60] }),
    'Most calls of the gateway accepted in a minute (UTC); null for no bound',
  ),
  concurrentCalls: nullable(
    Type.Integer({ ...TERM_BOUNDS.concurrentCalls, examples: [4] }),
    'Most calls of the gateway under way at once; null for no bound',
  ),
  defaultMaxTokens: nullable(
    Type.Integer({ ...TERM_BOUNDS.defaultMaxTokens, examples: [4096] }),
    'The most tokens one answer may have where the request names no bound and tokens or cost are limited; null for 4096',
  ),
}

export const PlanName = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: PLAN_NAME_PATTERN,
  description: 'Lower-case letters, digits, `-`, `_` and `.`',
  examples: ['pro'],
})

/** What a plan grants, whatever its name. */
export const PlanRequest = Type.Object(
  {
    limits: Type.Array(Limit, { maxItems: METERS.length * WINDOWS.length }),
    allowedModels: Type.Optional(termFields.allowedModels),
    requestsPerMinute: Type.Optional(termFields.requestsPerMinute),
    concurrentCalls: Type.Optional(termFields.concurrentCalls),
    defaultMaxTokens: Type.Optional(termFields.defaultMaxTokens),
  },
  { title: 'PlanRequest', additionalProperties: false },
)
export type PlanRequest = Static<typeof PlanRequest>

export const PlanResponse = Type.Object(
  {
    name: PlanName,
    limits: Type.Array(Limit),
    ...termFields,
    userCount: Count('Users who have this plan', 42),
    updatedAt: Instant('When it was last changed', '2026-11-01T08:00:00.000Z'),
  },
  { title: 'Plan' },
)
export type PlanResponse = Static<typeof PlanResponse>

export const PlanListResponse = Type.Object({ plans: Type.Array(PlanResponse) }, { title: 'PlanList' })
export type PlanListResponse = Static<typeof PlanListResponse>

const Standings = (description: string) =>
  Type.Object(
    {
      near: Count('Users who have used at least 80% of some limit, those with all of it included', 60),
      reached: Count('Users who have used all of some limit', 23),
    },
    { description },
  )

/** Whom a change of a plan would concern, and how. Nothing is changed. */
export const PlanPreviewResponse = Type.Object(
  {
    userCount: Count('Users who have this plan; 0 for a new one', 42),
    before: Standings('Where they stand with the plan as it is'),
    after: Standings('Where they would stand'),
    newlyReached: Type.Array(
      Type.Object({ id: UserId, email: Type.String({ examples: ['user@example.com'] }) }),
      { description: 'The first 20 of those who would be stopped and are not now, by address' },
    ),
    newlyReachedCount: Count('How many would be stopped and are not now', 5),
    newlyFreedCount: Count('How many are stopped now and would not be', 2),
  },
  { title: 'PlanPreview' },
)
export type PlanPreviewResponse = Static<typeof PlanPreviewResponse>

/** What one user has instead of what the plan says. What is left out stays as the plan has it. */
export const Overrides = Type.Object(
  {
    limits: Type.Optional(
      Type.Array(
        Type.Object(
          {
            meter: MeterName,
            window: WindowName,
            amount: nullable(Count('', 5000), 'Instead of the amount of the plan; null lifts the limit'),
          },
          { additionalProperties: false },
        ),
        {
          maxItems: METERS.length * WINDOWS.length,
          description:
            'Each replaces the limit of the plan on the same meter and window, or is added. The lifetime limit on prompts is `threshold`',
        },
      ),
    ),
    allowedModels: Type.Optional(termFields.allowedModels),
    requestsPerMinute: Type.Optional(termFields.requestsPerMinute),
    concurrentCalls: Type.Optional(termFields.concurrentCalls),
    defaultMaxTokens: Type.Optional(termFields.defaultMaxTokens),
  },
  { title: 'Overrides', additionalProperties: false },
)
export type Overrides = Static<typeof Overrides>

const PriceMicros = (description: string, example: number) =>
  Type.Integer({ minimum: 0, maximum: MAX_PRICE_MICROS, description, examples: [example] })

/** What a model costs from a moment on. */
export const Price = Type.Object(
  {
    model: ModelPattern,
    effectiveFrom: Instant('From when on it holds', '2025-08-07T00:00:00Z'),
    inputMicros: PriceMicros('Micro-dollars for a million tokens of input', 1_250_000),
    cachedInputMicros: nullable(
      PriceMicros('', 125_000),
      'The same for input that the upstream had in its cache; null where it costs like other input',
    ),
    outputMicros: PriceMicros('Micro-dollars for a million tokens of output', 10_000_000),
  },
  { title: 'Price', additionalProperties: false },
)
export type Price = Static<typeof Price>

export const MAX_PRICES_PER_REQUEST = 1000

export const SetPricesRequest = Type.Object(
  { prices: Type.Array(Price, { minItems: 1, maxItems: MAX_PRICES_PER_REQUEST }) },
  { title: 'SetPricesRequest', additionalProperties: false },
)
export type SetPricesRequest = Static<typeof SetPricesRequest>

export const PriceListResponse = Type.Object({ prices: Type.Array(Price) }, { title: 'PriceList' })
export type PriceListResponse = Static<typeof PriceListResponse>

export const DeletePriceQuery = Type.Object(
  {
    model: Label('As it was set, with its `*`', 128, 'gpt-5'),
    effectiveFrom: Instant('As it was set', '2025-08-07T00:00:00Z'),
  },
  { title: 'DeletePriceQuery', additionalProperties: false },
)
export type DeletePriceQuery = Static<typeof DeletePriceQuery>

/** No pattern here: a name that cannot be one names no plan, so it is answered 404 like any other that is not there. */
export const PlanParams = Type.Object({
  name: Type.String({ description: 'The name of a plan', examples: ['pro'] }),
})
export const PutPlanParams = Type.Object({ name: PlanName })

/** A threshold that limits nothing. */
export const NO_LIMIT = MAX_COUNT
