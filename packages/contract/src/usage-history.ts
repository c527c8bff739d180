import { type Static, Type } from 'typebox'
import { Count, Instant } from './fields.ts'

export const USAGE_INTERVALS = ['hour', 'day', 'month'] as const
export type UsageInterval = (typeof USAGE_INTERVALS)[number]

export const USAGE_GROUPS = ['model', 'source'] as const
export type UsageGroup = (typeof USAGE_GROUPS)[number]

const Moment = (description: string) =>
  Type.String({
    maxLength: 40,
    description: `${description}. A date (UTC) or an RFC 3339 instant`,
    examples: ['2026-11-01'],
  })

export const UsageHistoryQuery = Type.Object(
  {
    from: Type.Optional(
      Moment('First bucket, rounded down to the interval; 30 days before `to` when left out'),
    ),
    to: Type.Optional(
      Moment('End of the last bucket, not included, rounded up to the interval; now when left out'),
    ),
    interval: Type.Optional(
      Type.Enum([...USAGE_INTERVALS], { default: 'day', description: 'Bucket size, UTC' }),
    ),
    groupBy: Type.Optional(Type.Enum([...USAGE_GROUPS], { description: 'Split each bucket by this' })),
  },
  { title: 'UsageHistoryQuery', additionalProperties: false },
)
export type UsageHistoryQuery = Static<typeof UsageHistoryQuery>

export const UsageGroupTotal = Type.Object(
  {
    name: Type.Union([Type.String(), Type.Null()], {
      description: 'The model or source; null where the event named none; `other` past 100 a day',
      examples: ['gpt-5-mini'],
    }),
    promptCount: Count('Prompts of this group', 3),
    tokenCount: Count('Tokens of this group', 1200),
    costMicros: Count('Cost of this group, in micro-dollars', 4125),
  },
  { title: 'UsageGroupTotal' },
)
export type UsageGroupTotal = Static<typeof UsageGroupTotal>

export const UsageBucket = Type.Object(
  {
    start: Instant('Start of the bucket, included', '2026-11-23T00:00:00.000Z'),
    promptCount: Count('Prompts in this bucket', 3),
    tokenCount: Count('Tokens in this bucket', 1200),
    costMicros: Count('Cost in this bucket, in micro-dollars', 4125),
    groups: Type.Optional(
      Type.Array(UsageGroupTotal, { description: 'Present with `groupBy`, largest first' }),
    ),
  },
  { title: 'UsageBucket' },
)
export type UsageBucket = Static<typeof UsageBucket>

export const UsageHistoryResponse = Type.Object(
  {
    from: Instant('Start of the first bucket', '2026-11-01T00:00:00.000Z'),
    to: Instant('End of the last bucket, not included', '2026-11-24T00:00:00.000Z'),
    interval: Type.Enum([...USAGE_INTERVALS]),
    promptCount: Count('Prompts of all buckets', 3),
    tokenCount: Count('Tokens of all buckets', 1200),
    costMicros: Count('Cost of all buckets, in micro-dollars', 4125),
    buckets: Type.Array(UsageBucket, {
      description: 'Every bucket of the range in order, those without usage with zeros',
    }),
  },
  { title: 'UsageHistory' },
)
export type UsageHistoryResponse = Static<typeof UsageHistoryResponse>
