import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { chunk, DONE, type Script, word } from './scripted-upstream.ts'
import { type GatewayEvent, MESSAGES, type TestGateway, toBody } from './test-gateway.ts'

export const CHAT_PATH = '/v1/chat/completions'
export const MODEL = 'gpt-5-mini'
export const CHAT = { model: MODEL, messages: MESSAGES }
export const STREAMED_CHAT = { ...CHAT, stream: true }

/** What an answer delivered, by a tokenizer that is not ours. */
export const tokensOf = (text: string): number => countTokens(text)

/** The same of `CHAT`: 3 tokens before the reply and 4 around the message, as OpenAI's cookbook has it. */
export const CHAT_TOKENS = 3 + 4 + tokensOf('user') + tokensOf(MESSAGES[0]?.content ?? '')

/** What the first chunk of OpenAI's streams says: who speaks, and nothing yet. */
export const ROLE = chunk({ delta: { role: 'assistant', content: '' } })
export const STOP = chunk({ delta: {}, finish_reason: 'stop' })
export const words = (...texts: string[]): string => texts.map(word).join('')
export const END = STOP + DONE

export interface AskOptions {
  readonly path?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A call of the gateway that a client may leave at any moment. */
export interface Asked {
  /** The head of the answer. */
  readonly answered: Promise<Response>
  /** Resolves once the answer so far holds `text`. @throws Error when it ended without */
  until(text: string): Promise<void>
  /** The whole answer, what `until` has read included. @throws TypeError when the connection broke */
  text(): Promise<string>
  /** The status, once the whole answer was read. */
  status(): Promise<number>
  leave(): void
}

/** Calls the gateway over a connection; `CHAT`, streamed, where nothing else is said. */
export function ask(url: string, token: string, options: AskOptions = {}): Asked {
  const { path = CHAT_PATH, body = STREAMED_CHAT, headers } = options
  const leaving = new AbortController()
  const answered = fetch(url + path, {
    method: 'POST',
    signal: leaving.signal,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: toBody(body),
  })
  // Whoever leaves before the head has come waits for nothing.
  answered.catch(() => {})
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  let received = ''
  const more = async (): Promise<boolean> => {
    reader ??= (await answered).body?.getReader()
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    received += decoder.decode(value, { stream: !done })
    return !done
  }
  const text = async (): Promise<string> => {
    while (await more());
    return received
  }
  return {
    answered,
    async until(text) {
      while (!received.includes(text))
        if (!(await more())) throw new Error(`the answer ended without ${text}: ${received}`)
    },
    text,
    async status() {
      await text()
      return (await answered).status
    },
    leave: () => leaving.abort(),
  }
}

/** The error in the last event of a stream; null where the stream ended well. */
export function lastError(stream: string): { code: string; message: string; type: string } | null {
  const event = stream.split('\n\n').at(-2) ?? ''
  const data = event.split('\n').find((line) => line.startsWith('data: '))
  if (data === undefined || data === 'data: [DONE]') return null
  return JSON.parse(data.slice('data: '.length)).error ?? null
}

/** How a call ended. */
export interface Outcome {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The `error` of a refusal in JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said
  readonly error: any
  /** What was charged. */
  readonly events: readonly GatewayEvent[]
}

/** Makes a call as a new user and waits until nothing is held any more; the upstream does what `script` says from then on. */
export async function outcomeOf(gateway: TestGateway, body: unknown, script?: Script): Promise<Outcome> {
  if (script) gateway.upstream.script = script
  const token = await gateway.signUp()
  const asked = ask(gateway.url, token, { body })
  const { status, headers } = await asked.answered
  const text = await asked.text()
  const isJson = headers.get('content-type')?.startsWith('application/json')
  const error = isJson ? JSON.parse(text).error : null
  return { status, headers, text, error, events: await gateway.settled(token) }
}
