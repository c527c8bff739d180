import { type Dispatcher, errors, Pool } from 'undici'
import type { GatewayConfig } from '../config/config.ts'
import { AnswerBody } from './answer-body.ts'
import { type Upstream, type UpstreamAnswer, UpstreamError, type UpstreamRequest } from './upstream.ts'

/** The provider over HTTP, connections kept alive. Only the URL of the settings is ever called, redirects are not followed. */
export function createHttpUpstream(config: GatewayConfig, apiKey: string): Upstream {
  const { origin, pathname } = new URL(config.upstreamUrl)
  const basePath = pathname.replace(/\/+$/, '')
  const pool = new Pool(origin, {
    connect: { timeout: config.connectTimeoutMs },
    headersTimeout: config.firstByteTimeoutMs,
    bodyTimeout: config.idleTimeoutMs,
    // The client sends one request at a time on a connection: a slow answer holds up no other.
    pipelining: 1,
  })
  const authorization = `Bearer ${apiKey}`

  const attempt = (request: UpstreamRequest): Promise<UpstreamAnswer> =>
    new Promise((resolve, reject) => {
      const { method, path, headers, body, signal } = request
      pool.dispatch(
        {
          method,
          path: basePath + path,
          headers: { ...headers, authorization },
          body,
        },
        new CallHandler(request, signal, resolve, reject),
      )
    })

  return {
    async send(request) {
      let sent = false
      const watched = {
        ...request,
        onSent: () => {
          sent = true
          request.onSent()
        },
      }
      try {
        return await attempt(watched)
      } catch (error) {
        // Once more where nothing was sent: no connection came about, so it cannot have been worked off twice.
        if (sent || request.signal.aborted) throw error
        return await attempt(watched)
      }
    },
    close: () => pool.destroy(),
  }
}

/** One call as undici tells of it. */
class CallHandler implements Dispatcher.DispatchHandler {
  readonly #request: UpstreamRequest
  readonly #signal: AbortSignal
  readonly #resolve: (answer: UpstreamAnswer) => void
  readonly #reject: (error: unknown) => void
  #controller: Dispatcher.DispatchController | null = null
  #body: AnswerBody | null = null

  constructor(
    request: UpstreamRequest,
    signal: AbortSignal,
    resolve: (answer: UpstreamAnswer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#request = request
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#signal.aborted) this.#abort()
    else this.#request.onSent()
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: UpstreamAnswer['headers'],
  ): void {
    if (status < 200) return
    this.#body = new AnswerBody(controller)
    this.#resolve({ status, headers, body: this.#body })
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk)
  }

  onResponseEnd(): void {
    this.#forget()
    this.#body?.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#forget()
    const started = this.#controller !== null
    const reason = this.#signal.aborted ? this.#signal.reason : toUpstreamError(error, started)
    if (this.#body === null) this.#reject(reason)
    else this.#body.fail(reason)
  }

  readonly #abort = (): void => {
    const { reason } = this.#signal
    // Nobody waits for a connection that is not there yet.
    if (this.#controller === null) this.#reject(reason)
    this.#controller?.abort(reason)
    this.#body?.fail(reason)
  }

  #forget(): void {
    this.#signal.removeEventListener('abort', this.#abort)
  }
}

/** @param started false while there was no connection that the request could have gone up on */
function toUpstreamError(error: Error, started: boolean): UpstreamError {
  const options = { cause: error }
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    return new UpstreamError('timeout', 'the AI provider did not answer in time', options)
  }
  if (!started) {
    return new UpstreamError('unreachable', 'the AI provider cannot be reached', options)
  }
  return new UpstreamError('broken', 'the connection to the AI provider broke', options)
}
