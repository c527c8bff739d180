import { type Static, type TSchema, Type } from 'typebox'
import { MAX_BATCH_EVENTS } from './bounds.ts'
import { ERROR_CODES } from './errors.ts'
import { Count, IdempotencyKey, Instant, Model, Source } from './fields.ts'

const eventFields = {
  usage: Type.Optional(Count('Prompts to add; 0 when left out', 1)),
  tokenCount: Type.Optional(Count('Tokens to add; 0 when left out', 420)),
  model: Type.Optional(Model),
  source: Type.Optional(Source),
  occurredAt: Type.Optional(
    Instant(
      'When it happened, at most 5 minutes ahead and 30 days back; now when left out. It places the event in the history; limits count by when the server recorded it',
      '2026-11-23T09:30:00Z',
    ),
  ),
}

export const TrackUsageRequest = Type.Object(eventFields, { title: 'TrackUsageRequest' })
export type TrackUsageRequest = Static<typeof TrackUsageRequest>

export const TrackUsageResponse = Type.Object(
  {
    message: Type.String({ examples: ['Usage tracked successfully'] }),
    currentPromptCount: Count("The user's prompts after this call", 12),
    currentTokenCount: Count("The user's tokens after this call", 3456),
    threshold: Count("The user's limit on prompts", 10),
    remaining: Count('max(0, threshold - currentPromptCount)', 0),
    exceeded: Type.Boolean({ description: 'currentPromptCount > threshold', examples: [true] }),
  },
  { title: 'TrackUsageResponse' },
)
export type TrackUsageResponse = Static<typeof TrackUsageResponse>

export const BatchEvent = Type.Object(
  { idempotencyKey: IdempotencyKey, ...eventFields },
  { title: 'BatchEvent' },
)
export type BatchEvent = Static<typeof BatchEvent>

const batchOf = <Event extends TSchema>(event: Event) =>
  Type.Object(
    { events: Type.Array(event, { minItems: 1, maxItems: MAX_BATCH_EVENTS }) },
    { title: 'TrackUsageBatchRequest' },
  )

/** What a client sends, and what the published document says. */
export const TrackUsageBatchRequest = batchOf(BatchEvent)
export type TrackUsageBatchRequest = Static<typeof TrackUsageBatchRequest>

/** What is checked before the events are looked at one by one: an event that does not fit `BatchEvent` fails alone. */
export const OpenTrackUsageBatchRequest = batchOf(Type.Unknown())

export const BatchResult = Type.Union([
  Type.Object(
    {
      status: Type.Literal(200),
      replayed: Type.Boolean({ description: 'This key had been counted before; nothing was added now' }),
      ...TrackUsageResponse.properties,
    },
    { title: 'BatchEventRecorded' },
  ),
  Type.Object(
    {
      status: Type.Integer({
        minimum: 400,
        maximum: 599,
        description: 'The status this event would have got alone',
        examples: [400],
      }),
      error: Type.String({
        description: 'What went wrong, for people',
        examples: ['usage must be integer.'],
      }),
      code: Type.Enum([...ERROR_CODES], {
        description: 'What went wrong, for programs',
        examples: ['invalid_usage'],
      }),
    },
    { title: 'BatchEventRefused' },
  ),
])
export type BatchResult = Static<typeof BatchResult>

export const TrackUsageBatchResponse = Type.Object(
  { results: Type.Array(BatchResult, { description: 'One per event, in the order of the request' }) },
  { title: 'TrackUsageBatchResponse' },
)
export type TrackUsageBatchResponse = Static<typeof TrackUsageBatchResponse>
