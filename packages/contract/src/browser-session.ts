import { type Static, Type } from 'typebox'
import { ROLES } from './choices.ts'
import { Instant, UserId } from './fields.ts'

/** Who the browser is signed in as, by its cookie. It is answered to everybody: `user` null and `operator` false for nobody. */
export const BrowserSessionResponse = Type.Object(
  {
    appName: Type.String({ description: 'What users see this service called', examples: ['Promptmeter'] }),
    version: Type.String({ description: 'The version of the server', examples: ['0.1.0'] }),
    user: Type.Union(
      [
        Type.Object({
          id: UserId,
          email: Type.String({ examples: ['user@example.com'] }),
          role: Type.Enum([...ROLES], { examples: ['member'] }),
        }),
        Type.Null(),
      ],
      { description: 'The user who is signed in; null for nobody and for the operator' },
    ),
    operator: Type.Boolean({
      description: 'True where a one-time link of the operator was followed',
      examples: [false],
    }),
    admin: Type.Boolean({
      description:
        'Whether the admin API is open: to the operator, and to an admin whose sign-in proved the address',
      examples: [false],
    }),
    canInvite: Type.Boolean({ description: 'Whether invitations can be mailed from here', examples: [true] }),
  },
  { title: 'BrowserSession' },
)
export type BrowserSessionResponse = Static<typeof BrowserSessionResponse>

export const AdminLinkResponse = Type.Object(
  {
    url: Type.String({
      description: 'Opens the dashboard as the operator, once',
      examples: ['https://meter.example.com/sign-in/link?secret=3f9c…'],
    }),
    expiresAt: Instant('Until when it may be followed', '2026-11-24T09:00:00.000Z'),
  },
  { title: 'AdminLink' },
)
export type AdminLinkResponse = Static<typeof AdminLinkResponse>
