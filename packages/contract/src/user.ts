import { type Static, Type } from 'typebox'
import { Count, Instant, UserId } from './fields.ts'

export const UserResponse = Type.Object(
  {
    id: UserId,
    email: Type.String({ examples: ['user@example.com'] }),
    promptCount: Count('Prompts counted so far', 12),
    tokenCount: Count('Tokens counted so far', 3456),
    threshold: Count("The user's limit on prompts", 10),
    remaining: Count('max(0, threshold - promptCount)', 0),
    disabled: Type.Boolean({ description: 'A disabled user is refused everywhere', examples: [false] }),
    createdAt: Instant('When the user was added', '2026-11-01T08:00:00.000Z'),
  },
  { title: 'User' },
)
export type UserResponse = Static<typeof UserResponse>

export const MeResponse = Type.Object(
  {
    ...UserResponse.properties,
    apiKey: Type.String({
      description: "The calling session's own Promptmeter key: stands for exactly what its token stands for",
      examples: ['pm_AZqyxF1uf4CaGyw9Tl9gcQGasshqe3yNng8aKzxNXm8mN1Qx0vWl7mXyQnB3sJ6a'],
    }),
  },
  { title: 'Me' },
)
export type MeResponse = Static<typeof MeResponse>
