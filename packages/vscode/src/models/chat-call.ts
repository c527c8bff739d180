import {
  errorFromAnswer,
  NetworkError,
  type PromptmeterClient,
  SignInRequiredError,
} from '@promptmeter/client'
import { type ChatOptions, toChatRequest } from './chat-request.ts'
import { type AnswerPart, readChatStream } from './chat-stream.ts'

/**
 * One call of a model through the gateway, which counts it. Not tried again: a call that began may cost.
 * @throws PromptmeterError, LimitReachedError among them; the signal's reason
 */
export async function* callChat(
  client: PromptmeterClient,
  options: ChatOptions,
  signal: AbortSignal,
): AsyncGenerator<AnswerPart> {
  const token = await client.transport.token()
  if (token === null) throw new SignInRequiredError('token_missing', 'Sign in first.')
  const response = await post(client, token, toChatRequest(options), signal)
  if (!response.ok || response.body === null) {
    const body: unknown = await response.json().catch(() => null)
    signal.throwIfAborted()
    throw errorFromAnswer(response.status, body, {
      requestId: response.headers.get('x-request-id') ?? undefined,
    })
  }
  try {
    yield* readChatStream(response.body)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof TypeError)) throw error
    throw new NetworkError('network_error', 'The connection broke in the middle of the answer.', {
      cause: error,
    })
  }
}

async function post(client: PromptmeterClient, token: string, body: object, signal: AbortSignal) {
  const { serverUrl, source } = client
  try {
    return await fetch(`${serverUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(source !== undefined && { 'x-promptmeter-source': source }),
      },
      body: JSON.stringify(body),
      redirect: 'error',
      credentials: 'omit',
      signal,
    })
  } catch (cause) {
    signal.throwIfAborted()
    throw new NetworkError('network_error', `${serverUrl} cannot be reached.`, { cause })
  }
}
