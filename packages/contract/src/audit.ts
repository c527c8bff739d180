import { type Static, Type } from 'typebox'
import { MAX_PAGE_AUDIT_EVENTS } from './bounds.ts'
import { Instant, UserId } from './fields.ts'

/** What the audit log tells of. */
export const AUDIT_ACTIONS = [
  'sign_in',
  'sign_in_refused',
  'session_renewed',
  'session_revoked',
  'sessions_revoked',
  'key_created',
  'key_revoked',
  'data_exported',
  'user_added',
  'user_changed',
  'user_erased',
  'users_imported',
  'usage_corrected',
  'plan_changed',
  'plan_deleted',
  'price_changed',
  'price_deleted',
  'admin_refused',
  'admin_link_made',
  'operator_signed_in',
  'users_exported',
  'audit_exported',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

const auditFilters = {
  userId: Type.Optional({ ...UserId, description: 'Only what was done to this user' }),
  actorId: Type.Optional({ ...UserId, description: 'Only what this user did' }),
  action: Type.Optional(Type.Enum([...AUDIT_ACTIONS], { description: 'Only this' })),
  from: Type.Optional(Instant('Not before', '2026-11-01T00:00:00Z')),
  to: Type.Optional(Instant('Before', '2026-12-01T00:00:00Z')),
}

export const AuditQuery = Type.Object(
  {
    ...auditFilters,
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_PAGE_AUDIT_EVENTS,
        default: 50,
        description: 'Most events on the page',
        examples: [50],
      }),
    ),
    cursor: Type.Optional(Type.String({ maxLength: 1000, description: '`nextCursor` of the page before' })),
  },
  { title: 'AuditQuery', additionalProperties: false },
)
export type AuditQuery = Static<typeof AuditQuery>

export const ExportAuditQuery = Type.Object(auditFilters, {
  title: 'ExportAuditQuery',
  additionalProperties: false,
})
export type ExportAuditQuery = Static<typeof ExportAuditQuery>

const NullableId = (description: string) =>
  Type.Union([Type.String({ format: 'uuid' }), Type.Null()], { description })
const Email = Type.Union([Type.String(), Type.Null()], {
  description: 'The address now; null once the user is erased',
  examples: ['user@example.com'],
})
const NullableText = (description: string, example: string) =>
  Type.Union([Type.String(), Type.Null()], { description, examples: [example] })

export const AuditEventResponse = Type.Object(
  {
    id: Type.String({ format: 'uuid', examples: ['019ab2c4-7b8c-7d9e-8f0a-2b3c4d5e6f70'] }),
    at: Instant('When', '2026-11-24T08:00:00.000Z'),
    action: Type.Enum([...AUDIT_ACTIONS], { description: 'What', examples: ['key_created'] }),
    actor: Type.Object(
      {
        kind: Type.Enum(['user', 'operator', 'nobody'], {
          description: '`operator`: whoever holds the ADMIN_KEY; `nobody`: nobody that is known',
          examples: ['user'],
        }),
        userId: NullableId('Which user, where it was one'),
        email: Email,
      },
      { description: 'Who did it' },
    ),
    user: Type.Union([Type.Object({ id: UserId, email: Email }), Type.Null()], {
      description: 'To whom, where it was done to a user',
    }),
    sessionId: NullableId('The session or API key it was done to or with'),
    ip: NullableText('Where the request came from; null once the user is erased', '203.0.113.7'),
    clientName: NullableText('What the client called itself', 'my-extension/1.2.0'),
    details: Type.Object(
      {},
      { additionalProperties: true, description: 'What else is to be said, by action; never a secret' },
    ),
  },
  { title: 'AuditEvent' },
)
export type AuditEventResponse = Static<typeof AuditEventResponse>

export const AuditListResponse = Type.Object(
  {
    events: Type.Array(AuditEventResponse, { description: 'Newest first' }),
    nextCursor: Type.Union([Type.String(), Type.Null()], {
      description: 'Send it as `cursor`, with the same filters, for the next page; null on the last',
      examples: [null],
    }),
  },
  { title: 'AuditList' },
)
export type AuditListResponse = Static<typeof AuditListResponse>
