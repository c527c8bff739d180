import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEMO_MODEL } from '@promptmeter/contract'
import { type DemoRequest, demoAnswer, demoEvents, demoModels } from './demo-answers.ts'
import type { Endpoint } from './endpoint.ts'
import { UPSTREAM_PATHS } from './gateway-call.ts'
import { objectOf } from './json-value.ts'
import { countRequestTokens } from './request-tokens.ts'
import type { TokenCounter } from './token-counter.ts'
import type { Upstream, UpstreamAnswer, UpstreamRequest } from './upstream.ts'

/** Between two words of a stream, so that one sees it is one. */
const WORD_DELAY_MS = 20

const TEXT =
  'Hello from Promptmeter! This answer was made up by the server itself, since no API_KEY is set. ' +
  'It was held, streamed and counted like any other: look at your usage to see it.'

/** A model of our own, so that the whole path can be tried without an account anywhere. Its numbers are honest. */
export function createDemoUpstream(counter: TokenCounter): Upstream {
  return {
    async send(request) {
      request.onSent()
      if (request.path === '/models') return jsonAnswer(200, demoModels())
      const endpoint = endpointOf(request)
      const body = objectOf(JSON.parse((request.body ?? Buffer.alloc(0)).toString()))
      if (body.model !== DEMO_MODEL) return jsonAnswer(404, modelNotFound())
      const demo = await prepare(endpoint, body, counter)
      if (body.stream !== true || endpoint === 'embeddings') return jsonAnswer(200, demoAnswer(demo))
      return {
        status: 200,
        headers: { 'content-type': 'text/event-stream; charset=utf-8' },
        body: stream(demo, request.signal),
      }
    },
    close: async () => {},
  }
}

function endpointOf({ path }: UpstreamRequest): Endpoint {
  const found = Object.entries(UPSTREAM_PATHS).find(([, known]) => known === path)
  return (found?.[0] ?? 'chat') as Endpoint
}

async function prepare(
  endpoint: Endpoint,
  body: Readonly<Record<string, unknown>>,
  counter: TokenCounter,
): Promise<DemoRequest> {
  const bound = body.max_completion_tokens ?? body.max_tokens ?? body.max_output_tokens
  const words: string[] = []
  let outputTokens = 0
  let cut = false
  for (const word of endpoint === 'embeddings' ? [] : TEXT.split(/(?<= )/)) {
    const tokens = await counter.count([...words, word].join(''))
    cut = typeof bound === 'number' && tokens > bound
    if (cut) break
    words.push(word)
    outputTokens = tokens
  }
  const { include_usage } = objectOf(body.stream_options)
  return {
    endpoint,
    id: randomUUID().replaceAll('-', ''),
    createdAt: Math.floor(Date.now() / 1000),
    words,
    cut,
    inputTokens: await countRequestTokens(endpoint, body, counter),
    outputTokens,
    tellsUsage: include_usage === true,
    inputs: Array.isArray(body.input) ? body.input.length : 1,
  }
}

async function* stream(demo: DemoRequest, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (const event of demoEvents(demo)) {
    await sleep(WORD_DELAY_MS)
    signal.throwIfAborted()
    yield Buffer.from(event)
  }
}

function jsonAnswer(status: number, answer: object): UpstreamAnswer {
  async function* body() {
    yield Buffer.from(JSON.stringify(answer))
  }
  return { status, headers: { 'content-type': 'application/json' }, body: body() }
}

function modelNotFound(): object {
  const message = `Here is only the model ${DEMO_MODEL}: this server has no API_KEY.`
  return { error: { message, type: 'invalid_request_error', param: 'model', code: 'model_not_found' } }
}
