import { type Static, Type } from 'typebox'
import { Count, Instant } from './fields.ts'
import { USAGE_INTERVALS, UsageGroupTotal, UsageHistoryQuery } from './usage-history.ts'

export const OVERVIEW_GROUPS = ['model', 'source', 'plan'] as const
export type OverviewGroup = (typeof OVERVIEW_GROUPS)[number]

export const OverviewQuery = Type.Object(
  {
    ...UsageHistoryQuery.properties,
    groupBy: Type.Optional(
      Type.Enum([...OVERVIEW_GROUPS], {
        description: 'Split each bucket by this; `plan` is the one that the user has now',
      }),
    ),
  },
  { title: 'OverviewQuery', additionalProperties: false },
)
export type OverviewQuery = Static<typeof OverviewQuery>

const totals = {
  promptCount: Count('Prompts', 1200),
  tokenCount: Count('Tokens', 480_000),
  costMicros: Count('Cost, in micro-dollars', 5_400_000),
}

const groups = Type.Optional(
  Type.Array(UsageGroupTotal, {
    description:
      'Present with `groupBy`, largest first; past the 30 largest of the range the rest is `other`',
  }),
)

export const OverviewBucket = Type.Object(
  {
    start: Instant('Start of the bucket, included', '2026-11-23T00:00:00.000Z'),
    ...totals,
    activeUsers: Count('Users with usage in this bucket', 87),
    groups,
  },
  { title: 'OverviewBucket' },
)
export type OverviewBucket = Static<typeof OverviewBucket>

export const RefusalCount = Type.Object(
  {
    code: Type.String({
      description: 'The code of the refusals: of ours, or of OAuth where its token endpoint refused',
      examples: ['insufficient_quota'],
    }),
    count: Count('How many', 12),
  },
  { title: 'RefusalCount' },
)

export const OverviewResponse = Type.Object(
  {
    at: Instant('When this was read: at most some seconds ago', '2026-11-24T08:00:00.000Z'),
    from: Instant('Start of the first bucket', '2026-11-01T00:00:00.000Z'),
    to: Instant('End of the last bucket, not included', '2026-11-25T00:00:00.000Z'),
    interval: Type.Enum([...USAGE_INTERVALS]),
    ...totals,
    activeUsers: Count('Users with usage in the range', 640),
    groups,
    buckets: Type.Array(OverviewBucket, {
      description: 'Every bucket of the range in order, those without usage with zeros',
    }),
    users: Type.Object(
      {
        total: Count('Users there are', 100_000),
        disabled: Count('Those of them that are disabled', 12),
        near: Count('Those who have used at least 80% of some limit, those with all of it included', 60),
        reached: Count('Those who have used all of some limit', 23),
      },
      { description: 'As of now, whatever the range' },
    ),
    refusals: Type.Array(RefusalCount, {
      description:
        'Calls of editors, and attempts to sign in, that were refused within the range: for a limit, for who asks or for want ' +
        'of capacity. By code, most frequent first. Counted by the hour and written up to ten seconds later; kept for 90 days',
    }),
  },
  { title: 'Overview' },
)
export type OverviewResponse = Static<typeof OverviewResponse>
