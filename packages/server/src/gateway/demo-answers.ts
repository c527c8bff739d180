import { DEMO_MODEL } from '@promptmeter/contract'
import type { Endpoint } from './endpoint.ts'

/** What the demo model is to answer. */
export interface DemoRequest {
  readonly endpoint: Endpoint
  readonly id: string
  /** Seconds since 1970. */
  readonly createdAt: number
  readonly words: readonly string[]
  /** True when a bound cut the answer off. */
  readonly cut: boolean
  readonly inputTokens: number
  readonly outputTokens: number
  readonly tellsUsage: boolean
  /** Texts to embed. */
  readonly inputs: number
}

const OWNER = 'promptmeter'

export function demoModels(): object {
  return {
    object: 'list',
    data: [{ id: DEMO_MODEL, object: 'model', created: 1_767_225_600, owned_by: OWNER }],
  }
}

/** A whole answer, in OpenAI's form. */
export function demoAnswer(demo: DemoRequest): object {
  const text = demo.words.join('')
  switch (demo.endpoint) {
    case 'chat': {
      const message = { role: 'assistant', content: text, refusal: null }
      return { ...head(demo, 'chat.completion'), choices: [choice(demo, { message })], usage: usageOf(demo) }
    }
    case 'completions':
      return { ...head(demo, 'text_completion'), choices: [choice(demo, { text })], usage: usageOf(demo) }
    case 'responses':
      return responseOf(demo, demo.cut ? 'incomplete' : 'completed')
    case 'embeddings': {
      const embedding = Array.from({ length: 8 }, (_, index) => (index - 3.5) / 8)
      const data = Array.from({ length: demo.inputs }, (_, index) => ({
        object: 'embedding',
        index,
        embedding,
      }))
      const usage = { prompt_tokens: demo.inputTokens, total_tokens: demo.inputTokens }
      return { object: 'list', model: DEMO_MODEL, data, usage }
    }
  }
}

/** The same as events. */
export function* demoEvents(demo: DemoRequest): Generator<string> {
  if (demo.endpoint === 'responses') yield* responseEvents(demo)
  else yield* completionEvents(demo)
}

function* completionEvents(demo: DemoRequest): Generator<string> {
  const isChat = demo.endpoint === 'chat'
  const start = head(demo, isChat ? 'chat.completion.chunk' : 'text_completion')
  const chunk = (fields: object) =>
    `data: ${JSON.stringify({ ...start, choices: [{ index: 0, logprobs: null, finish_reason: null, ...fields }], ...(demo.tellsUsage && { usage: null }) })}\n\n`
  if (isChat) yield chunk({ delta: { role: 'assistant', content: '' } })
  for (const word of demo.words) yield chunk(isChat ? { delta: { content: word } } : { text: word })
  yield chunk({ ...(isChat ? { delta: {} } : { text: '' }), finish_reason: finishOf(demo) })
  if (demo.tellsUsage) yield `data: ${JSON.stringify({ ...start, choices: [], usage: usageOf(demo) })}\n\n`
  yield 'data: [DONE]\n\n'
}

function* responseEvents(demo: DemoRequest): Generator<string> {
  let sequence = 0
  const event = (type: string, fields: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`
  const place = { item_id: `msg_${demo.id}`, output_index: 0, content_index: 0 }
  const empty = { ...demo, words: [] }
  yield event('response.created', { response: { ...responseOf(empty, 'in_progress'), usage: null } })
  yield event('response.output_item.added', { output_index: 0, item: { ...itemOf(empty), content: [] } })
  yield event('response.content_part.added', { ...place, part: partOf(empty) })
  for (const delta of demo.words) yield event('response.output_text.delta', { ...place, delta, logprobs: [] })
  yield event('response.output_text.done', { ...place, text: demo.words.join(''), logprobs: [] })
  yield event('response.content_part.done', { ...place, part: partOf(demo) })
  yield event('response.output_item.done', { output_index: 0, item: itemOf(demo) })
  const status = demo.cut ? 'incomplete' : 'completed'
  yield event(`response.${status}`, { response: responseOf(demo, status) })
}

function head({ id, createdAt }: DemoRequest, object: string): object {
  return { id: `demo-${id}`, object, created: createdAt, model: DEMO_MODEL }
}

function choice(demo: DemoRequest, fields: object): object {
  return { index: 0, logprobs: null, finish_reason: finishOf(demo), ...fields }
}

function finishOf({ cut }: DemoRequest): string {
  return cut ? 'length' : 'stop'
}

function usageOf({ inputTokens, outputTokens }: DemoRequest): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  }
}

function responseOf(demo: DemoRequest, status: string): object {
  const { inputTokens, outputTokens } = demo
  return {
    id: `resp_${demo.id}`,
    object: 'response',
    created_at: demo.createdAt,
    status,
    error: null,
    incomplete_details: demo.cut ? { reason: 'max_output_tokens' } : null,
    model: DEMO_MODEL,
    output: demo.words.length === 0 ? [] : [itemOf(demo)],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
  }
}

function itemOf(demo: DemoRequest): object {
  const status = demo.cut ? 'incomplete' : 'completed'
  return { id: `msg_${demo.id}`, type: 'message', role: 'assistant', status, content: [partOf(demo)] }
}

function partOf({ words }: DemoRequest): object {
  return { type: 'output_text', text: words.join(''), annotations: [], logprobs: [] }
}
