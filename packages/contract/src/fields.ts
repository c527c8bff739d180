import { Type } from 'typebox'
import { MAX_COUNT } from './bounds.ts'

/** A count that JSON carries exactly. */
export const Count = (description: string, example: number) =>
  Type.Integer({ minimum: 0, maximum: MAX_COUNT, description, examples: [example] })

/** A number to add to a count; a correction may take away. */
export const SignedCount = (description: string, example: number) =>
  Type.Integer({ minimum: -MAX_COUNT, maximum: MAX_COUNT, description, examples: [example] })

/** One line of text: no control characters (so no NUL, which PostgreSQL cannot store) and no half of a surrogate pair. */
export const Label = (description: string, maxLength: number, example: string) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: '^[^\\p{Cc}\\p{Cs}]+$',
    description,
    examples: [example],
  })

/** An instant as RFC 3339 with an offset. */
export const Instant = (description: string, example: string) =>
  Type.String({ format: 'date-time', maxLength: 40, description, examples: [example] })

export const UserId = Type.String({
  format: 'uuid',
  description: 'The id of a user',
  examples: ['019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071'],
})

export const SessionId = Type.String({
  format: 'uuid',
  description: 'The id of a session',
  examples: ['019ab2c4-6a7b-7c8d-9e0f-1a2b3c4d5e6f'],
})

export const Model = Label('The model that answered, as the AI provider names it', 128, 'gpt-5-mini')
export const Source = Label('Who counted this: an extension and its version', 128, 'my-extension/1.2.0')
export const IdempotencyKey = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: '^[\\x21-\\x7e]+$',
  description: 'Names this event for ever: the same key again answers as the first time and counts nothing',
  examples: ['0f9d2c1e-77aa-4c1b-8f5e-0c6f0f0f9a11'],
})

/** Not validated here: what the header may hold, quoted or bare, is read where it is used. */
export const IdempotencyHeaders = Type.Object(
  {
    'idempotency-key': Type.Optional(
      Type.String({
        description:
          'Names this event for ever, among all events of the user: the same key again counts nothing. 1 to 255 visible ASCII characters, in double quotes or bare',
        examples: ['"0f9d2c1e-77aa-4c1b-8f5e-0c6f0f0f9a11"'],
      }),
    ),
  },
  { title: 'IdempotencyHeaders' },
)
