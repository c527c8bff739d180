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
