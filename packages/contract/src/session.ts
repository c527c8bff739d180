import { type Static, Type } from 'typebox'
import { Instant, SessionId } from './fields.ts'

/** How a user can show that an address is theirs; `trusted` shows nothing. */
export const SIGN_IN_METHODS = ['trusted', 'email', 'github', 'oidc'] as const
export type SignInMethod = (typeof SIGN_IN_METHODS)[number]

/** A key is a named API key; it has no token. */
export const SESSION_KINDS = ['sign-in', 'key'] as const
export type SessionKind = (typeof SESSION_KINDS)[number]

export const NullableInstant = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })

export const SessionResponse = Type.Object(
  {
    id: SessionId,
    kind: Type.Enum([...SESSION_KINDS], {
      description: '`key` for a named API key, which has no token',
      examples: ['sign-in'],
    }),
    clientName: Type.Union([Type.String(), Type.Null()], {
      description: 'What the client called itself when it signed in; the name of a key',
      examples: ['my-extension/1.2.0'],
    }),
    method: Type.Enum([...SIGN_IN_METHODS], {
      description: 'How the address was proven',
      examples: ['email'],
    }),
    createdAt: Instant('When the user signed in', '2026-11-01T08:00:00.000Z'),
    expiresAt: NullableInstant(
      'When the token and API key end by themselves; null for a key that never does',
    ),
    lastUsedAt: NullableInstant('Last use, to ten minutes'),
    revokedAt: NullableInstant('When it was revoked'),
  },
  { title: 'Session' },
)
export type SessionResponse = Static<typeof SessionResponse>
