import { type Static, Type } from 'typebox'
import { ROLES } from './choices.ts'
import { Count, Instant, UserId } from './fields.ts'
import { LimitResponse, Overrides, PlanName } from './plan.ts'

export const UserResponse = Type.Object(
  {
    id: UserId,
    email: Type.String({ examples: ['user@example.com'] }),
    promptCount: Count('Prompts counted so far', 12),
    tokenCount: Count('Tokens counted so far', 3456),
    costMicros: Count('Cost counted so far, in micro-dollars', 41_250),
    threshold: Count(
      "The user's limit on prompts for life; where only windows limit prompts, the count and the least that is left; 2^53 - 1 where nothing does",
      10,
    ),
    remaining: Count('max(0, threshold - promptCount)', 0),
    plan: PlanName,
    overrides: Type.Union([Overrides, Type.Null()], {
      description: 'What this user has instead of what the plan says; null for nothing',
    }),
    role: Type.Enum([...ROLES], {
      description: 'An admin may use the admin API with a session, unless it began with SIGN_IN=trusted',
      examples: ['member'],
    }),
    disabled: Type.Boolean({ description: 'A disabled user is refused everywhere', examples: [false] }),
    createdAt: Instant('When the user was added', '2026-11-01T08:00:00.000Z'),
  },
  { title: 'User' },
)
export type UserResponse = Static<typeof UserResponse>

export const MeResponse = Type.Object(
  {
    ...UserResponse.properties,
    limits: Type.Array(LimitResponse, { description: 'Every limit that holds for the user' }),
    apiKey: Type.String({
      description: "The calling session's own Promptmeter key: stands for exactly what its token stands for",
      examples: ['pm_AZqyxF1uf4CaGyw9Tl9gcQGasshqe3yNng8aKzxNXm8mN1Qx0vWl7mXyQnB3sJ6a'],
    }),
    upgradeUrl: Type.Union([Type.String(), Type.Null()], {
      description: 'Where the user can get more; null where the operator named no place',
      examples: ['https://example.com/upgrade'],
    }),
  },
  { title: 'Me' },
)
export type MeResponse = Static<typeof MeResponse>

export const UserLimitsResponse = Type.Object(
  { limits: Type.Array(LimitResponse, { description: 'Every limit that holds for the user' }) },
  { title: 'UserLimits' },
)
export type UserLimitsResponse = Static<typeof UserLimitsResponse>
