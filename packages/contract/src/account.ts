import { type Static, Type } from 'typebox'
import { MAX_KEY_DAYS } from './bounds.ts'
import { Instant, Label, SessionId } from './fields.ts'
import { NullableInstant, SessionResponse } from './session.ts'

const { kind: _, ...signInProperties } = SessionResponse.properties

export const MySessionResponse = Type.Object(
  {
    ...signInProperties,
    current: Type.Boolean({ description: 'True for the session that asks', examples: [true] }),
  },
  { title: 'MySession' },
)
export type MySessionResponse = Static<typeof MySessionResponse>

export const MySessionListResponse = Type.Object(
  {
    sessions: Type.Array(MySessionResponse, {
      description: 'Newest first, those that ended within the last 30 days included',
    }),
  },
  { title: 'MySessionList' },
)
export type MySessionListResponse = Static<typeof MySessionListResponse>

export const RevokeMySessionsQuery = Type.Object(
  {
    keepCurrent: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Whether the session that asks goes on',
        examples: [true],
      }),
    ),
  },
  { title: 'RevokeMySessionsQuery', additionalProperties: false },
)
export type RevokeMySessionsQuery = Static<typeof RevokeMySessionsQuery>

export const RenewSessionResponse = Type.Object(
  {
    sessionToken: Type.String({
      description: 'A token of the same session: send it from now on',
      examples: ['eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiIwMTlhYjJjNCJ9.c2lnbmF0dXJl'],
    }),
    expiresAt: Instant('When it ends', '2026-12-16T08:00:00.000Z'),
    renewed: Type.Boolean({
      description: 'False while more than half of its life was left: then it ends as before',
      examples: [true],
    }),
  },
  { title: 'RenewedSession' },
)
export type RenewSessionResponse = Static<typeof RenewSessionResponse>

const KeyName = Label('What the key is for', 100, 'Build server')

export const CreateKeyRequest = Type.Object(
  {
    name: KeyName,
    expiresInDays: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: MAX_KEY_DAYS }), Type.Null()], {
        description: 'After how many days it ends by itself; null, or left out, for never',
        examples: [90],
      }),
    ),
  },
  { title: 'CreateKeyRequest', additionalProperties: false },
)
export type CreateKeyRequest = Static<typeof CreateKeyRequest>

export const KeyResponse = Type.Object(
  {
    id: SessionId,
    name: KeyName,
    createdAt: Instant('When it was made', '2026-11-01T08:00:00.000Z'),
    expiresAt: NullableInstant('When it ends by itself; null for never'),
    lastUsedAt: NullableInstant('Last use, to ten minutes'),
    revokedAt: NullableInstant('When it was revoked'),
  },
  { title: 'Key' },
)
export type KeyResponse = Static<typeof KeyResponse>

export const CreatedKeyResponse = Type.Object(
  {
    ...KeyResponse.properties,
    apiKey: Type.String({
      description: 'The key itself. It is shown this once and kept nowhere',
      examples: ['pm_AZqyxF1uf4CaGyw9Tl9gcQGasshqe3yNng8aKzxNXm8mN1Qx0vWl7mXyQnB3sJ6a'],
    }),
  },
  { title: 'CreatedKey' },
)
export type CreatedKeyResponse = Static<typeof CreatedKeyResponse>

export const KeyListResponse = Type.Object(
  {
    keys: Type.Array(KeyResponse, {
      description: 'Newest first, those that ended within the last 30 days included',
    }),
  },
  { title: 'KeyList' },
)
export type KeyListResponse = Static<typeof KeyListResponse>

const idInPath = Type.String({ examples: ['019ab2c4-6a7b-7c8d-9e0f-1a2b3c4d5e6f'] })
export const MySessionParams = Type.Object({ id: { ...idInPath, description: 'The id of a session' } })
export const KeyParams = Type.Object({ id: { ...idInPath, description: 'The id of an API key' } })

const Rows = (description: string, example: object) =>
  Type.Array(Type.Object({}, { additionalProperties: true, examples: [example] }), { description })

/** Rows as they are kept, with every column. */
export const ExportResponse = Type.Object(
  {
    exportedAt: Instant('When the export began', '2026-11-24T08:00:00.000Z'),
    user: Type.Object({}, { additionalProperties: true, description: 'The user with counts and settings' }),
    plan: Type.Object({}, { additionalProperties: true, description: 'What their plan grants' }),
    sessions: Rows('Every sign-in that is kept', { id: '019ab2c4-6a7b-7c8d-9e0f-1a2b3c4d5e6f' }),
    keys: Rows('Every named API key that is kept; a name is in `clientName`', { clientName: 'Build server' }),
    identities: Rows('Accounts at outside providers', { issuer: 'https://github.com', subject: '583231' }),
    usageEvents: Rows('Every usage event, oldest first', { seq: 1, prompts: 1, tokens: 420 }),
    holds: Rows('Calls of the gateway that are under way', { tokens: 420 }),
    auditEvents: Rows('What the audit log says of the user, oldest first', { action: 'sign_in' }),
  },
  { title: 'Export' },
)
