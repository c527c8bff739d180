import { type Static, Type } from 'typebox'
import { MAX_COUNT, MAX_PAGE_EVENTS } from './bounds.ts'
import { Instant } from './fields.ts'

export const EVENT_KINDS = ['usage', 'correction', 'opening', 'abandoned'] as const
export type UsageEventKind = (typeof EVENT_KINDS)[number]

export const UsageEventListQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_PAGE_EVENTS,
        default: 50,
        description: 'Most events on the page',
        examples: [50],
      }),
    ),
    before: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_COUNT,
        description: 'Only events numbered below: `nextBefore` of the page before',
        examples: [412],
      }),
    ),
  },
  { title: 'UsageEventListQuery', additionalProperties: false },
)
export type UsageEventListQuery = Static<typeof UsageEventListQuery>

const Signed = (description: string, example: number) => Type.Integer({ description, examples: [example] })
const Text = (description: string, example: string) =>
  Type.Union([Type.String(), Type.Null()], { description, examples: [example] })
const Part = (description: string, example: number) =>
  Type.Union([Type.Integer(), Type.Null()], { description, examples: [example] })

export const UsageEventResponse = Type.Object(
  {
    seq: Type.Integer({
      minimum: 1,
      description: 'Its number among the events of the user',
      examples: [412],
    }),
    kind: Type.Enum([...EVENT_KINDS], {
      description:
        '`usage`; `correction`: amends; `opening`: what an older backend had counted; `abandoned`: a call that ended without usage',
      examples: ['usage'],
    }),
    prompts: Signed('Prompts; negative where a correction takes away', 1),
    tokens: Signed('Tokens', 420),
    costMicros: Signed('Cost, in micro-dollars', 1125),
    model: Text('The model; null where none was named', 'gpt-5-mini'),
    source: Text('Who counted it; null where none was named', 'my-extension/1.2.0'),
    occurredAt: Instant(
      'When it happened: as the client said, else when it was recorded',
      '2026-11-24T08:00:00.000Z',
    ),
    recordedAt: Instant('When it was recorded', '2026-11-24T08:00:00.120Z'),
    inputTokens: Part('Tokens of the prompt, where the AI provider told', 300),
    cachedInputTokens: Part('Those of them that it had in its cache', 100),
    outputTokens: Part('Tokens of the answer', 120),
    reasoningTokens: Part('Those of them that it thought with', 0),
    estimated: Type.Boolean({
      description: 'Counted here, for the provider told no numbers',
      examples: [false],
    }),
    reason: Text('Why, of a correction', 'Duplicate events of 20 November'),
  },
  { title: 'UsageEventRecord' },
)
export type UsageEventResponse = Static<typeof UsageEventResponse>

export const UsageEventListResponse = Type.Object(
  {
    events: Type.Array(UsageEventResponse, { description: 'Newest first' }),
    nextBefore: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Send it as `before` for the next page; null on the last',
      examples: [null],
    }),
  },
  { title: 'UsageEventList' },
)
export type UsageEventListResponse = Static<typeof UsageEventListResponse>
