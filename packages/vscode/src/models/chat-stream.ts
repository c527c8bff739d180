import { fromOpenAIError, PromptmeterError } from '@promptmeter/client'

/** What a model says, piece by piece. A call of a tool comes whole. */
export type AnswerPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool-call'; readonly id: string; readonly name: string; readonly input: object }

interface Chunk {
  readonly error?: unknown
  readonly choices?: readonly {
    readonly index?: number
    readonly delta?: {
      readonly content?: string | null
      readonly refusal?: string | null
      readonly tool_calls?: readonly ToolCallDelta[]
    }
    readonly finish_reason?: string | null
  }[]
}

interface ToolCallDelta {
  readonly index?: number
  readonly id?: string
  readonly function?: { readonly name?: string; readonly arguments?: string }
}

/**
 * Reads the events of a streamed chat completion.
 * @throws PromptmeterError where the stream tells of an error or ends before the answer does; the body's own error where
 *   it breaks off
 */
export async function* readChatStream(body: ReadableStream<Uint8Array>): AsyncGenerator<AnswerPart> {
  const calls = new Map<number, { id: string; name: string; input: string }>()
  let finished = false
  // Loaded with the first answer: streams take long to load, and an editor that starts has no answer yet.
  const { EventSourceParserStream } = await import('eventsource-parser/stream')
  const events = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new EventSourceParserStream())
  for await (const { data } of valuesOf(events)) {
    if (data === '[DONE]') {
      finished = true
      break
    }
    const { error, choices } = parseChunk(data)
    if (error !== undefined && error !== null) throw errorInStream(error)
    // Who asks for several answers gets the first: the editor shows one.
    const choice = choices?.find(({ index = 0 }) => index === 0)
    const text = choice?.delta?.content ?? choice?.delta?.refusal
    if (typeof text === 'string' && text !== '') yield { kind: 'text', text }
    for (const delta of choice?.delta?.tool_calls ?? []) addTo(calls, delta)
    if (typeof choice?.finish_reason === 'string') finished = true
  }
  if (!finished) throw broken('The answer broke off.')
  for (const { id, name, input } of calls.values()) {
    yield { kind: 'tool-call', id, name, input: parseInput(name, input) }
  }
}

/** Not every browser can iterate a stream. Whoever stops early gives the connection up. */
async function* valuesOf<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

function addTo(calls: Map<number, { id: string; name: string; input: string }>, delta: ToolCallDelta): void {
  const index = delta.index ?? 0
  const call = calls.get(index) ?? { id: '', name: '', input: '' }
  calls.set(index, {
    // Some providers repeat it empty.
    id: delta.id || call.id,
    name: call.name + (delta.function?.name ?? ''),
    input: call.input + (delta.function?.arguments ?? ''),
  })
}

function parseInput(name: string, input: string): object {
  try {
    const parsed: unknown = input === '' ? {} : JSON.parse(input)
    if (isRecord(parsed)) return parsed
  } catch {
    // Told below, like JSON that is no object.
  }
  throw broken(`The model called the tool ${name} with something that is no JSON object.`)
}

function parseChunk(data: string): Chunk {
  try {
    const parsed: unknown = JSON.parse(data)
    if (isRecord(parsed)) return parsed
  } catch {
    // Told below, like JSON that is no object.
  }
  throw broken('The answer is no JSON object.')
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function errorInStream(error: unknown): Error {
  return (
    fromOpenAIError({ status: 502, error }) ?? broken('The AI provider gave up in the middle of the answer.')
  )
}

function broken(message: string): PromptmeterError {
  return new PromptmeterError('upstream_invalid_response', message)
}
