import { type Static, type TSchema, Type } from 'typebox'
import { MAX_COUNT, MAX_IMPORT_ROWS, MAX_PAGE_USERS } from './bounds.ts'
import { ROLES, STANDINGS, USER_SORTS } from './choices.ts'
import { Count, Instant, Label, Model, SignedCount, Source } from './fields.ts'
import { Overrides, PlanName } from './plan.ts'
import { SessionResponse } from './session.ts'
import { UserResponse } from './user.ts'

/** Which users are meant; all of it has to fit. */
const userFilters = {
  email: Type.Optional(Type.String({ maxLength: 254, description: 'Only the user with this very address' })),
  search: Type.Optional(
    Type.String({
      maxLength: 254,
      pattern: '^[^\\p{Cc}\\p{Cs}]*$',
      description: 'Part of the address, in any case; `%` and `_` stand for themselves',
      examples: ['@example.com'],
    }),
  ),
  plan: Type.Optional(
    Type.String({ maxLength: 64, description: 'Only users who have this plan', examples: ['pro'] }),
  ),
  standing: Type.Optional(
    Type.Enum([...STANDINGS], {
      description:
        '`near`: at least 80% of some limit is used, `reached` ones included; `reached`: all of some limit is used. What calls under way hold is not looked at',
    }),
  ),
  disabled: Type.Optional(
    Type.Boolean({ description: 'Only users who are disabled, or only those who are not' }),
  ),
  inactiveDays: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 3650,
      description: 'Only users of whom nothing was counted for so many days, or ever',
      examples: [30],
    }),
  ),
  role: Type.Optional(Type.Enum([...ROLES], { description: 'Only users of this role' })),
}

const userOrder = {
  sort: Type.Optional(Type.Enum([...USER_SORTS], { default: 'createdAt', description: 'What to sort by' })),
  order: Type.Optional(Type.Enum(['asc', 'desc'], { default: 'asc', description: 'In which direction' })),
}

export const UserListQuery = Type.Object(
  {
    ...userFilters,
    ...userOrder,
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_PAGE_USERS,
        default: 50,
        description: 'Most users on the page',
        examples: [50],
      }),
    ),
    cursor: Type.Optional(Type.String({ maxLength: 1000, description: '`nextCursor` of the page before' })),
  },
  { title: 'UserListQuery', additionalProperties: false },
)
export type UserListQuery = Static<typeof UserListQuery>

export const ExportUsersQuery = Type.Object(
  { ...userFilters, ...userOrder },
  { title: 'ExportUsersQuery', additionalProperties: false },
)
export type ExportUsersQuery = Static<typeof ExportUsersQuery>

/** A user as an operator sees them. */
export const AdminUserResponse = Type.Object(
  {
    ...UserResponse.properties,
    ownThreshold: Type.Union([Count('', 100), Type.Null()], {
      description: `Limit on prompts for life that was set for this user; null for that of the plan; ${MAX_COUNT} for none`,
    }),
    lastUsedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
      description:
        'The hour in which something was last counted or corrected, whatever time it amended; null for never, also where an import brought counts along',
      examples: ['2026-11-24T08:00:00.000Z'],
    }),
    usedShare: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      description:
        'Of the limit that is used most, the share that is used: 1 for all; null where nothing is limited',
      examples: [0.8],
    }),
  },
  { title: 'AdminUser' },
)
export type AdminUserResponse = Static<typeof AdminUserResponse>

export const UserListResponse = Type.Object(
  {
    users: Type.Array(AdminUserResponse),
    nextCursor: Type.Union([Type.String(), Type.Null()], {
      description: 'Send it as `cursor`, with the same sort and order, for the next page; null on the last',
      examples: [null],
    }),
  },
  { title: 'UserList' },
)
export type UserListResponse = Static<typeof UserListResponse>

const Threshold = Type.Union([Count('Limit on prompts', 100), Type.Null()], {
  description: `Limit on prompts for life; null for that of the plan; ${MAX_COUNT} for none`,
})

export const CreateUserRequest = Type.Object(
  {
    email: Type.String({
      description: 'Trimmed, and compared without regard to case',
      examples: ['user@example.com'],
    }),
    threshold: Type.Optional(Threshold),
    plan: Type.Optional(PlanName),
    invite: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Whether to send them a mail that says where to sign in; needs `SMTP_URL` or a printed mail',
        examples: [true],
      }),
    ),
  },
  { title: 'CreateUserRequest', additionalProperties: false },
)
export type CreateUserRequest = Static<typeof CreateUserRequest>

const Disabled = Type.Boolean({
  description: 'A disabled user is refused everywhere, from the very next request; nothing is lost',
  examples: [true],
})

export const UpdateUserRequest = Type.Object(
  {
    threshold: Type.Optional(Threshold),
    plan: Type.Optional(PlanName),
    overrides: Type.Optional(
      Type.Union([Overrides, Type.Null()], {
        description: 'Replaces the overrides as a whole; null takes them away',
      }),
    ),
    disabled: Type.Optional(Disabled),
    role: Type.Optional(
      Type.Enum([...ROLES], {
        description: 'An admin may use the admin API with a session, unless it began with SIGN_IN=trusted',
        examples: ['admin'],
      }),
    ),
  },
  { title: 'UpdateUserRequest', additionalProperties: false, minProperties: 1 },
)
export type UpdateUserRequest = Static<typeof UpdateUserRequest>

/** One row of an import. Counts become an opening event, so a user of an older backend moves over with them. */
export const ImportRow = Type.Object(
  {
    email: Type.String({ examples: ['user@example.com'] }),
    threshold: Type.Optional(Threshold),
    promptCount: Type.Optional(Count('Prompts counted before', 7)),
    tokenCount: Type.Optional(Count('Tokens counted before', 2100)),
    createdAt: Type.Optional(
      Instant(
        'When the user was added to the older backend, 2000 at the earliest; the counts are placed there',
        '2025-03-01T00:00:00Z',
      ),
    ),
  },
  { title: 'ImportRow', additionalProperties: false },
)
export type ImportRow = Static<typeof ImportRow>

const importOf = <Row extends TSchema>(row: Row) =>
  Type.Object(
    { rows: Type.Array(row, { minItems: 1, maxItems: MAX_IMPORT_ROWS }) },
    { title: 'ImportUsersRequest', additionalProperties: false },
  )

/** What a client sends, and what the published document says. */
export const ImportUsersRequest = importOf(ImportRow)
export type ImportUsersRequest = Static<typeof ImportUsersRequest>

/** What is checked before the rows are looked at one by one: a row that does not fit `ImportRow` fails alone. */
export const OpenImportUsersRequest = importOf(Type.Unknown())

export const ImportResult = Type.Object(
  {
    outcome: Type.Enum(['added', 'exists', 'invalid'], {
      description: '`exists`: a user with this address was there before and is left as they were',
      examples: ['added'],
    }),
    error: Type.Optional(
      Type.String({ description: 'Why the row is invalid', examples: ['Email is invalid.'] }),
    ),
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
    sessions: Type.Array(SessionResponse, {
      description: 'Newest first, named API keys and those that ended within the last 30 days included',
    }),
  },
  { title: 'SessionList' },
)
export type SessionListResponse = Static<typeof SessionListResponse>

export const RevokeSessionsResponse = Type.Object(
  { revoked: Type.Integer({ minimum: 0, description: 'How many live sessions ended', examples: [2] }) },
  { title: 'RevokeSessionsResponse' },
)
export type RevokeSessionsResponse = Static<typeof RevokeSessionsResponse>

export const CorrectionRequest = Type.Object(
  {
    usage: Type.Optional(SignedCount('Prompts to add, or to take away when negative', -2)),
    tokenCount: Type.Optional(SignedCount('Tokens to add, or to take away when negative', -900)),
    costMicros: Type.Optional(SignedCount('Micro-dollars to add, or to take away when negative', -1125)),
    model: Type.Optional(Model),
    source: Type.Optional(Source),
    occurredAt: Type.Optional(
      Instant('The time it amends, from 2000 to 5 minutes ahead; now when left out', '2026-11-20T10:00:00Z'),
    ),
    reason: Label('Why, for the record', 500, 'Duplicate events of 20 November'),
  },
  { title: 'CorrectionRequest', additionalProperties: false },
)
export type CorrectionRequest = Static<typeof CorrectionRequest>

/** No `format` here: an id that cannot be one names nobody, so it is answered 404 like any other that is not there. */
const IdInPath = (description: string, example: string) => Type.String({ description, examples: [example] })

const id = IdInPath('The id of a user', '019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071')
const sessionId = IdInPath('The id of a session', '019ab2c4-6a7b-7c8d-9e0f-1a2b3c4d5e6f')

export const UserParams = Type.Object({ id })
export const UserSessionParams = Type.Object({ id, sessionId })
