/** One chat completion in OpenAI's shape: what is asked for, and what the upstream of the gateway benchmark always answers. */

const id = 'chatcmpl-BzLmA1tQ7cWv0nXe5yRk2JdHsPf3G'
const created = 1_764_000_000
const model = 'gpt-4o-mini'

const systemPrompt = (manner: string): string =>
  `You are the assistant of a code editor. Answer ${manner} and show code where it helps.`
const userPrompt =
  'What does this function return for an empty list, and why?\n\nfunction mean(values) {\n  let sum = 0\n' +
  '  for (const value of values) sum += value\n  return sum / values.length\n}'

/** The answer's tokens (o200k_base). OpenAI streams each in an event of its own. */
const answerTokens = [
  ...['It', ' returns', ' Na', 'N', ':', ' both', ' are', ' ', '0', ','],
  ...[' and', ' ', '0', ' /', ' ', '0', ' is', ' Na', 'N', '.'],
]

/** As o200k_base counts both messages, with OpenAI's 3 tokens around each and 3 before the answer. */
const promptTokens = 74

export const usage = {
  prompt_tokens: promptTokens,
  completion_tokens: answerTokens.length,
  total_tokens: promptTokens + answerTokens.length,
  prompt_tokens_details: { cached_tokens: 0 },
} as const

export const completion = {
  id,
  object: 'chat.completion',
  created,
  model,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: answerTokens.join(''), refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage,
} as const

/** What ends a stream, after its last event. */
export const endOfStream = '[DONE]'

/** The events of a streamed answer, without `endOfStream`; the last is the usage, if that was asked for. */
export function streamedEvents(includeUsage: boolean): object[] {
  // With include_usage OpenAI puts a null usage in all events but the last.
  const noUsage = includeUsage ? { usage: null } : {}
  const envelope = { id, object: 'chat.completion.chunk', created, model }
  const event = (delta: object, finishReason: 'stop' | null = null): object => ({
    ...envelope,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    ...noUsage,
  })
  return [
    event({ role: 'assistant', content: '', refusal: null }),
    ...answerTokens.map((content) => event({ content })),
    event({}, 'stop'),
    ...(includeUsage ? [{ ...envelope, choices: [], usage }] : []),
  ]
}

/** Asked to answer like this, the upstream waits `pauseMs` after the first event: a gateway that gathers the answer shows. */
export const slowManner = 'slowly'
export const pauseMs = 10

export interface Question {
  readonly stream: boolean
  readonly includeUsage?: boolean
  /** Whether the upstream pauses after the first event. */
  readonly slow?: boolean
}

/** The body of a request. */
export function chatRequestBody({ stream, includeUsage = false, slow = false }: Question): string {
  return JSON.stringify({
    model,
    messages: [
      { role: 'system', content: systemPrompt(slow ? slowManner : 'briefly') },
      { role: 'user', content: userPrompt },
    ],
    ...(stream && { stream }),
    ...(includeUsage && { stream_options: { include_usage: true } }),
  })
}
