import { errorFromAnswer, NetworkError, PromptmeterError, SignInRequiredError } from './errors.ts'
import { delayBeforeRetry, isPassing, parseRetryAfter, wait } from './retry.ts'
import { parseServerUrl } from './server-url.ts'

/** The session token or API key, or what gives it at each request; null while nobody is signed in. */
export type TokenSource =
  | string
  | null
  | (() => string | null | undefined | Promise<string | null | undefined>)

export interface TransportOptions {
  /** Where the server is, such as `https://meter.example.com`. */
  readonly serverUrl: string
  /** Allows `http:` to another machine, for a network you trust. */
  readonly allowHttp?: boolean
  readonly token?: TokenSource
  /** What the session is called where its user sees it; browsers send their own. Visible ASCII and blanks. */
  readonly userAgent?: string
  /** Instead of the global one. */
  readonly fetch?: typeof globalThis.fetch
  /** How long one try may take, in milliseconds; 30 seconds when left out. */
  readonly timeoutMs?: number
  /** How often a request that may be sent twice is tried again; 3 when left out, 0 for never. */
  readonly maxRetries?: number
}

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  /** Sent as JSON, or as it is when it is a form. */
  readonly body?: unknown
  readonly headers?: Record<string, string>
  /** Whether a second try can do no harm. By default GET and DELETE alone. */
  readonly repeatable?: boolean
  /** Instead of the caller's own; null for none. */
  readonly token?: string | null
  readonly maxRetries?: number
  readonly signal?: AbortSignal | undefined
}

/** Sends requests to one server, and turns whatever goes wrong into one of our errors. */
export interface Transport {
  readonly serverUrl: string
  /** The token at this moment. */
  token(): Promise<string | null>
  /** @throws PromptmeterError, or the signal's reason */
  json<T>(path: string, options?: RequestOptions): Promise<T>
  /** The answer to a single try, whatever it is. @throws NetworkError; PromptmeterError at a redirect; the signal's reason */
  send(path: string, options?: RequestOptions): Promise<Response>
}

export function createTransport(options: TransportOptions): Transport {
  const { allowHttp, timeoutMs = 30_000, maxRetries = 3, token = null, userAgent } = options
  const serverUrl = parseServerUrl(options.serverUrl, allowHttp)
  // Called as a plain function: browsers refuse the global fetch as a method of something else.
  const { fetch = globalThis.fetch } = options
  const currentToken = async () => (typeof token === 'function' ? await token() : token) ?? null

  async function send(path: string, request: RequestOptions = {}): Promise<Response> {
    const { method = 'GET', body, signal } = request
    const headers: Record<string, string> = { accept: 'application/json', ...request.headers }
    const bearer = request.token === undefined ? await currentToken() : request.token
    if (userAgent !== undefined) headers['user-agent'] = userAgent
    if (bearer !== null) headers.authorization = `Bearer ${inHeader(bearer)}`
    if (body !== undefined && !(body instanceof URLSearchParams)) headers['content-type'] = 'application/json'
    const timeout = AbortSignal.timeout(timeoutMs)
    let response: Response
    let text: string
    try {
      response = await fetch(serverUrl + path, {
        method,
        headers,
        // A redirect could carry the token elsewhere, or turn a POST into a GET.
        redirect: 'manual',
        credentials: 'omit',
        cache: 'no-store',
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        ...(body !== undefined && { body: body instanceof URLSearchParams ? body : JSON.stringify(body) }),
      })
      // Read here, so that an answer that breaks off counts as none.
      text = await response.text()
    } catch (cause) {
      if (signal?.aborted) throw signal.reason
      if (timeout.aborted) {
        throw new NetworkError('timeout', `${serverUrl} did not answer within ${timeoutMs} ms.`, { cause })
      }
      throw new NetworkError('network_error', `${serverUrl} cannot be reached.`, { cause })
    }
    const { status, headers: told } = response
    // A browser says 0 of a redirect, and hides where it leads.
    if (status < 200 || (status >= 300 && status < 400)) {
      throw new PromptmeterError(
        'unexpected_answer',
        `${serverUrl} answered with a redirect, which is not followed. Name the address that it leads to.`,
        status === 0 ? {} : { status },
      )
    }
    return new Response(text === '' ? null : text, { status, headers: told })
  }

  async function sendOften(path: string, request: RequestOptions): Promise<Response> {
    const { method = 'GET', repeatable = method !== 'POST', signal } = request
    const tries = repeatable ? 1 + (request.maxRetries ?? maxRetries) : 1
    for (let attempt = 1; ; attempt += 1) {
      let retryAfterMs: number | undefined
      try {
        const response = await send(path, request)
        if (attempt >= tries || !isPassing(response.status, response.headers)) return response
        retryAfterMs = parseRetryAfter(response.headers, Date.now())
        if (delayBeforeRetry(attempt, retryAfterMs, 0) === null) return response
      } catch (error) {
        if (attempt >= tries || !(error instanceof NetworkError)) throw error
      }
      await wait(delayBeforeRetry(attempt, retryAfterMs, Math.random()) ?? 0, signal)
    }
  }

  return {
    serverUrl,
    token: currentToken,
    send,
    async json<T>(path: string, request: RequestOptions = {}): Promise<T> {
      const response = await sendOften(path, request)
      const body = await readJson(response)
      if (response.ok && (body !== undefined || response.status === 204)) return body as T
      const details = {
        retryAfterMs: parseRetryAfter(response.headers, Date.now()),
        requestId: response.headers.get('x-request-id') ?? undefined,
      }
      if (response.ok) {
        throw new PromptmeterError(
          'unexpected_answer',
          `${serverUrl} answered ${response.status} without what was asked for. Is the address right?`,
          { ...details, status: response.status },
        )
      }
      throw errorFromAnswer(response.status, body, details)
    },
  }
}

/** Checked here: the error of a header that cannot be would show the token. */
function inHeader(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw new SignInRequiredError('token_invalid', 'What was given as the token cannot be one. Sign in again.')
}

/** Undefined for what is no JSON. */
export async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}
