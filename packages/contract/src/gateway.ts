import { type Static, Type } from 'typebox'
import { ERROR_CODES } from './errors.ts'
import { LimitResponse } from './plan.ts'

/** The one model of a server without an AI provider, to try the whole path with. */
export const DEMO_MODEL = 'promptmeter-demo'

/** A refusal below `/v1`, as clients of OpenAI's read it. */
export const GatewayErrorResponse = Type.Object(
  {
    error: Type.Object({
      message: Type.String({
        description: 'What went wrong, for people',
        examples: ['The limit of 10 prompts for life is reached.'],
      }),
      type: Type.String({ description: "OpenAI's kind of error", examples: ['insufficient_quota'] }),
      param: Type.Null(),
      code: Type.Enum([...ERROR_CODES], {
        description: 'What went wrong, for programs',
        examples: ['insufficient_quota'],
      }),
      limit: Type.Optional(LimitResponse),
      upgradeUrl: Type.Optional(
        Type.Union([Type.String(), Type.Null()], {
          description: 'Where the user can get more, with `limit`',
          examples: ['https://example.com/upgrade'],
        }),
      ),
      usage: Type.Optional(
        Type.Object(
          {},
          {
            additionalProperties: true,
            description: 'What was recorded under the idempotency key',
            examples: [{ promptCount: 1, tokenCount: 42, costMicros: 0, estimated: false }],
          },
        ),
      ),
    }),
  },
  { title: 'GatewayError', description: 'The code stands at the top too, where the rest of the API has it' },
)
export type GatewayErrorResponse = Static<typeof GatewayErrorResponse>

export const GatewayHeaders = Type.Object(
  {
    'idempotency-key': Type.Optional(
      Type.String({
        description:
          'Names this call among all of the user. A call that was charged is not made again under its key: 409 with what was recorded',
        examples: ['"0f9d2c1e-77aa-4c1b-8f5e-0c6f0f0f9a11"'],
      }),
    ),
    'x-promptmeter-source': Type.Optional(
      Type.String({
        description:
          'What the usage is recorded under: an extension and its version, 1 to 128 visible characters; `gateway` when left out',
        examples: ['my-extension/1.2.0'],
      }),
    ),
  },
  { title: 'GatewayHeaders' },
)

/** An object of OpenAI's: shown by an example of each field that matters here, and open for all the others. */
const open = (title: string, description: string, example: Readonly<Record<string, unknown>>) =>
  Type.Object(
    Object.fromEntries(
      Object.entries(example).map(([name, value]) => [
        name,
        Type.Optional(Type.Unknown({ examples: [value] })),
      ]),
    ),
    { additionalProperties: true, title, description },
  )

/** Requests and answers are OpenAI's own: unknown fields pass, so nothing is described here that could fall behind. */
export const GATEWAY_EXAMPLES = {
  chat: {
    request: open('ChatRequest', "OpenAI's chat completion request", {
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content: 'Say hello.' }],
      stream: true,
    }),
    response: open('ChatAnswer', "OpenAI's chat completion, or with `stream` its events", {
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello!' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
    }),
  },
  completions: {
    request: open(
      'CompletionRequest',
      "OpenAI's completion request, with `suffix` for the middle of a text",
      {
        model: 'gpt-3.5-turbo-instruct',
        prompt: 'function add(a, b) {',
        suffix: '}',
        max_tokens: 64,
      },
    ),
    response: open('CompletionAnswer', "OpenAI's completion, or with `stream` its events", {
      choices: [{ index: 0, text: ' return a + b ', finish_reason: 'stop' }],
      usage: { prompt_tokens: 8, completion_tokens: 5, total_tokens: 13 },
    }),
  },
  responses: {
    request: open('ResponseRequest', "OpenAI's response request", {
      model: 'gpt-5-mini',
      input: 'Say hello.',
    }),
    response: open('ResponseAnswer', "OpenAI's response, or with `stream` its events", {
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello!' }] }],
      usage: { input_tokens: 9, output_tokens: 2, total_tokens: 11 },
    }),
  },
  embeddings: {
    request: open('EmbeddingRequest', "OpenAI's embedding request", {
      model: 'text-embedding-3-small',
      input: 'Hello!',
    }),
    response: open('EmbeddingAnswer', "OpenAI's embeddings", {
      data: [{ index: 0, embedding: [0.25, -0.5] }],
      usage: { prompt_tokens: 2, total_tokens: 2 },
    }),
  },
} as const

export const ModelListResponse = open(
  'ModelList',
  "OpenAI's list of models, less those the plan does not allow",
  {
    object: 'list',
    data: [{ id: 'gpt-5-mini', object: 'model', created: 1_754_500_000, owned_by: 'openai' }],
  },
)
