import { type Static, Type } from 'typebox'
import { MAX_IMPORT_ROWS } from './bounds.ts'
import { Count, Instant, Label, Model, SignedCount, Source, UserId } from './fields.ts'
import { SessionResponse } from './session.ts'
import { UserResponse } from './user.ts'

export const USER_SORTS = ['createdAt', 'email', 'promptCount', 'tokenCount'] as const
export type UserSort = (typeof USER_SORTS)[number]

export const UserListQuery = Type.Object(
  {
    search: Type.Optional(Type.String({ maxLength: 254, description: 'Part of the address, in any case' })),
    sort: Type.Optional(Type.Enum([...USER_SORTS], { default: 'createdAt' })),
    order: Type.Optional(Type.Enum(['asc', 'desc'], { default: 'asc' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 1000, description: '`nextCursor` of the page before' })),
  },
  { title: 'UserListQuery', additionalProperties: false },
)
export type UserListQuery = Static<typeof UserListQuery>

export const UserListResponse = Type.Object(
  {
    users: Type.Array(UserResponse),
    nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Null on the last page' }),
  },
  { title: 'UserList' },
)
export type UserListResponse = Static<typeof UserListResponse>

const Threshold = Type.Union([Count('Limit on prompts', 100), Type.Null()], {
  description: 'Limit on prompts for life; null for the default of 10; 9007199254740991 for none',
})

export const CreateUserRequest = Type.Object(
  { email: Type.String({ examples: ['user@example.com'] }), threshold: Type.Optional(Threshold) },
  { title: 'CreateUserRequest', additionalProperties: false },
)
export type CreateUserRequest = Static<typeof CreateUserRequest>

export const UpdateUserRequest = Type.Object(
  { threshold: Type.Optional(Threshold), disabled: Type.Optional(Type.Boolean()) },
  { title: 'UpdateUserRequest', additionalProperties: false, minProperties: 1 },
)
export type UpdateUserRequest = Static<typeof UpdateUserRequest>

/** One row of an import. Counts become an opening event, so a user of an older backend moves over with them. */
export const ImportRow = Type.Object(
  {
    email: Type.String(),
    threshold: Type.Optional(Threshold),
    promptCount: Type.Optional(Count('Prompts counted before', 7)),
    tokenCount: Type.Optional(Count('Tokens counted before', 2100)),
    createdAt: Type.Optional(Instant('When the user was added to the older backend', '2025-03-01T00:00:00Z')),
  },
  { title: 'ImportRow', additionalProperties: false },
)
export type ImportRow = Static<typeof ImportRow>

export const ImportUsersRequest = Type.Object(
  { rows: Type.Array(Type.Unknown(), { minItems: 1, maxItems: MAX_IMPORT_ROWS }) },
  { title: 'ImportUsersRequest', additionalProperties: false },
)

export const ImportResult = Type.Object(
  {
    outcome: Type.Enum(['added', 'exists', 'invalid']),
    error: Type.Optional(Type.String({ description: 'Why the row is invalid' })),
  },
  { title: 'ImportResult' },
)
export type ImportResult = Static<typeof ImportResult>

export const ImportUsersResponse = Type.Object(
  { results: Type.Array(ImportResult, { description: 'One per row, in the order of the request' }) },
  { title: 'ImportUsersResponse' },
)
export type ImportUsersResponse = Static<typeof ImportUsersResponse>

export const SessionListResponse = Type.Object(
  {
    sessions: Type.Array(SessionResponse, { description: 'Newest first, those expired or revoked included' }),
  },
  { title: 'SessionList' },
)
export type SessionListResponse = Static<typeof SessionListResponse>

export const RevokeSessionsResponse = Type.Object(
  { revoked: Type.Integer({ minimum: 0, description: 'How many live sessions ended', examples: [2] }) },
  { title: 'RevokeSessionsResponse' },
)

export const CorrectionRequest = Type.Object(
  {
    usage: Type.Optional(SignedCount('Prompts to add, or to take away when negative', -2)),
    tokenCount: Type.Optional(SignedCount('Tokens to add, or to take away when negative', -900)),
    model: Type.Optional(Model),
    source: Type.Optional(Source),
    occurredAt: Type.Optional(Instant('The time it amends; now when left out', '2026-11-20T10:00:00Z')),
    reason: Label('Why, for the record', 500, 'Duplicate events of 20 November'),
  },
  { title: 'CorrectionRequest', additionalProperties: false },
)
export type CorrectionRequest = Static<typeof CorrectionRequest>

export const UserParams = Type.Object({ id: UserId })
export const UserSessionParams = Type.Object({ id: UserId, sessionId: Type.String({ format: 'uuid' }) })
