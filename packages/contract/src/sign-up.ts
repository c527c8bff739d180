import { type Static, Type } from 'typebox'

export const SignUpRequest = Type.Object(
  {
    email: Type.String({ description: "The user's address", examples: ['user@example.com'] }),
  },
  { title: 'SignUpRequest' },
)
export type SignUpRequest = Static<typeof SignUpRequest>

export const SignUpResponse = Type.Object(
  {
    message: Type.String({ examples: ['User signed up successfully'] }),
    sessionToken: Type.String({
      description: 'A JSON Web Token (HS256), valid for 30 days: send it as `Authorization: Bearer`',
      examples: ['eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiIwMTlhYjJjNCJ9.c2lnbmF0dXJl'],
    }),
  },
  { title: 'SignUpResponse' },
)
export type SignUpResponse = Static<typeof SignUpResponse>

export const ChallengeResponse = Type.Object(
  {
    message: Type.String({ examples: ['Check your email'] }),
    challengeId: Type.String({
      format: 'uuid',
      description: 'Goes back with the code to `POST /signup/verify`',
      examples: ['0b8f5c1e-6c0a-4c7d-9f3e-2a1b3c4d5e6f'],
    }),
  },
  { title: 'ChallengeResponse' },
)
export type ChallengeResponse = Static<typeof ChallengeResponse>

export const VerifyRequest = Type.Object(
  {
    challengeId: Type.String({
      maxLength: 100,
      description: 'The challenge that `POST /signup` answered with',
      examples: ['0b8f5c1e-6c0a-4c7d-9f3e-2a1b3c4d5e6f'],
    }),
    code: Type.String({
      maxLength: 100,
      description: 'The six digits of the mail; blanks between them do no harm',
      examples: ['482913'],
    }),
  },
  { title: 'VerifyRequest' },
)
export type VerifyRequest = Static<typeof VerifyRequest>
