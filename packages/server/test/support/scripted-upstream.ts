import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** The key of the operator in tests: it must never be seen outside the request to the upstream. */
export const UPSTREAM_KEY = 'sk-planted-operator-key-0123456789abcdef'

/** A request as the upstream got it. */
export interface UpstreamCall {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly rawBody: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client sent
  readonly body: any
  /** Resolves when the gateway gave the connection up before the answer was complete. */
  readonly aborted: Promise<void>
}

/** A call that a test answers itself. */
export interface TakenCall {
  readonly call: UpstreamCall
  readonly response: ServerResponse
}

/** What the upstream does with a call. */
export type Script = (call: UpstreamCall, response: ServerResponse) => unknown

export interface ScriptedUpstream {
  /** With the `/v1`, for UPSTREAM_URL. */
  readonly url: string
  /** Everything that reached it, in order. */
  readonly calls: readonly UpstreamCall[]
  /** What it does from now on. */
  script: Script
  /** The next call that has not been asked for. */
  nextCall(): Promise<UpstreamCall>
  /** The next call that comes, for the test itself to answer. Later ones are answered as before. */
  takeCall(): Promise<TakenCall>
  close(): Promise<void>
}

/** An AI provider that does what a test says. Without a word it answers as OpenAI would. */
export async function startUpstream(script: Script = answerUsually): Promise<ScriptedUpstream> {
  const calls: UpstreamCall[] = []
  let asked = 0
  let arrived = () => {}
  const server = createServer(async (request, response) => {
    const aborted = new Promise<void>((resolve) => {
      response.once('close', () => {
        if (!response.writableFinished) resolve()
      })
    })
    const rawBody = await buffer(request).catch(() => Buffer.alloc(0))
    const call = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      rawBody,
      body: parse(rawBody),
      aborted,
    }
    calls.push(call)
    arrived()
    response.on('error', () => {})
    await upstream.script(call, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upstream: ScriptedUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    script,
    async nextCall() {
      while (calls.length <= asked) {
        await new Promise<void>((resolve) => {
          arrived = resolve
        })
      }
      return calls[asked++] as UpstreamCall
    },
    takeCall() {
      const usual = upstream.script
      return new Promise((resolve) => {
        upstream.script = (call, response) => {
          upstream.script = usual
          resolve({ call, response })
        }
      })
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return upstream
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return null
  }
}

export const CHAT_USAGE = {
  prompt_tokens: 21,
  completion_tokens: 8,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 16 },
  completion_tokens_details: { reasoning_tokens: 3 },
}

/** A chunk of a streamed chat. */
export function chunk(fields: object, more: object = {}): string {
  const choices = [{ index: 0, finish_reason: null, ...fields }]
  return `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5-mini', choices, ...more })}\n\n`
}

export const word = (content: string) => chunk({ delta: { content } })

export function usageChunk(usage: object = CHAT_USAGE): string {
  return `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5-mini', choices: [], usage })}\n\n`
}

export const DONE = 'data: [DONE]\n\n'

export function beginStream(response: ServerResponse, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...headers })
  response.flushHeaders()
}

export function sendJson(
  response: ServerResponse,
  body: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

export function chatAnswer(usage: unknown = CHAT_USAGE, message: object = {}): object {
  return {
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-5-mini',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hello there!', ...message },
        finish_reason: 'stop',
      },
    ],
    usage,
  }
}

/** As OpenAI answers each endpoint. */
export function answerUsually({ path, body }: UpstreamCall, response: ServerResponse): void {
  if (path === '/v1/chat/completions' && body?.stream === true) {
    beginStream(response)
    response.write(chunk({ delta: { role: 'assistant', content: '' } }))
    for (const text of ['Hello', ' there', '!']) response.write(word(text))
    response.write(chunk({ delta: {}, finish_reason: 'stop' }))
    if (body.stream_options?.include_usage === true) response.write(usageChunk())
    response.end(DONE)
  } else if (path === '/v1/chat/completions') sendJson(response, chatAnswer())
  else if (path === '/v1/models') {
    const data = ['gpt-5', 'gpt-5-mini', 'o4-mini'].map((id) => ({
      id,
      object: 'model',
      created: 1,
      owned_by: 'o',
    }))
    sendJson(response, { object: 'list', data })
  } else if (path === '/v1/embeddings') {
    const data = [{ object: 'embedding', index: 0, embedding: [0.5, -0.25] }]
    sendJson(response, {
      object: 'list',
      model: body?.model,
      data,
      usage: { prompt_tokens: 5, total_tokens: 5 },
    })
  } else if (path === '/v1/completions') {
    const usage = { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 }
    sendJson(response, {
      id: 'c',
      object: 'text_completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, text: ' a + b', finish_reason: 'stop', logprobs: null }],
      usage,
    })
  } else if (path === '/v1/responses') answerResponse(body, response)
  else
    sendJson(response, { error: { message: 'no such path', type: 'invalid_request_error' } }, { status: 404 })
}

const RESPONSE_USAGE = {
  input_tokens: 12,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 6,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 18,
}

function answerResponse(body: { stream?: boolean } | null, response: ServerResponse): void {
  const item = {
    id: 'm1',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Hello!', annotations: [] }],
  }
  const answer = {
    id: 'r1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'gpt-5-mini',
    output: [item],
    usage: RESPONSE_USAGE,
  }
  if (body?.stream !== true) {
    sendJson(response, answer)
    return
  }
  beginStream(response)
  const event = (type: string, fields: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
  response.write(
    event('response.created', { response: { ...answer, status: 'in_progress', output: [], usage: null } }),
  )
  response.write(
    event('response.output_text.delta', {
      item_id: 'm1',
      output_index: 0,
      content_index: 0,
      delta: 'Hello!',
    }),
  )
  response.end(event('response.completed', { response: answer }))
}
