import type { TokenUsage } from '../ledger/hold-call.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { GatewayMetrics } from '../telemetry/gateway-metrics.ts'
import type { Logger } from '../telemetry/logger.ts'
import { endsByClosing, headersToSend, isEventStream, isPlain, passedHeaders } from './answer-headers.ts'
import { textOfAnswer } from './answer-texts.ts'
import type { AdmittedCall } from './call-admission.ts'
import { ClientLeft, type ClientStream } from './client-stream.ts'
import type { Redactor } from './content-redactor.ts'
import type { Endpoint } from './endpoint.ts'
import { GatewayRefusal, upstreamRefusal } from './gateway-refusal.ts'
import { bodyToSend, type GatewayRequest } from './gateway-request.ts'
import { errorEvent } from './openai-error.ts'
import { rateLimitHeaders } from './rate-limit-headers.ts'
import { countRequestTokens } from './request-tokens.ts'
import { StreamRelay } from './stream-relay.ts'
import type { TokenCounter } from './token-counter.ts'
import { type Upstream, type UpstreamAnswer, UpstreamError } from './upstream.ts'
import { collect, isFailure, type ReadAnswer, readAnswer, type WholeAnswer } from './whole-answer.ts'

export const UPSTREAM_PATHS: Record<Endpoint, string> = {
  chat: '/chat/completions',
  completions: '/completions',
  responses: '/responses',
  embeddings: '/embeddings',
}

/** Largest refusal of an upstream that is passed on. */
const MAX_REFUSAL_BYTES = 1024 * 1024

export interface GatewayCallParts {
  readonly upstream: Upstream
  readonly redactor: Redactor
  readonly counter: TokenCounter
  readonly metrics: GatewayMetrics
  readonly logger: Logger
}

/** One call that was admitted, until its hold is settled or given back: whichever way it ends, it does exactly one of both. */
export class GatewayCall {
  readonly #parts: GatewayCallParts
  readonly #request: GatewayRequest
  readonly #admitted: AdmittedCall
  readonly #client: ClientStream
  readonly #clientHeaders: Readonly<Record<string, string | string[] | undefined>>
  readonly #startedAt = performance.now()
  /** True once the request is on its way: from then on the upstream may have worked on it. */
  #sent = false

  constructor(
    parts: GatewayCallParts,
    request: GatewayRequest,
    admitted: AdmittedCall,
    client: ClientStream,
    clientHeaders: Readonly<Record<string, string | string[] | undefined>>,
  ) {
    this.#parts = parts
    this.#request = request
    this.#admitted = admitted
    this.#client = client
    this.#clientHeaders = clientHeaders
  }

  /** Ends the call before its answer is complete. */
  end(reason: unknown): void {
    this.#admitted.call.end(reason)
  }

  /**
   * Gives the answer, or null once it was streamed.
   * @throws PromptmeterError when nothing was sent yet and there is nothing to send
   */
  async run(): Promise<WholeAnswer | null> {
    const stopWatching = this.#client.onLeft(() => this.end(new ClientLeft()))
    try {
      if (this.#client.left) return await this.#giveUp(new ClientLeft())
      const answer = await this.#send()
      if (answer.status >= 300) return await this.#refuse(answer)
      if (!isPlain(answer)) return await this.#giveUp(new UpstreamError('broken', 'the answer is compressed'))
      return isEventStream(answer) ? await this.#relay(answer) : await this.#takeWhole(answer)
    } finally {
      stopWatching()
      // Whatever went wrong: a hold that nobody concludes would be renewed for ever.
      if (!this.#admitted.call.concluded) await this.#free('failed')
    }
  }

  async #send(): Promise<UpstreamAnswer> {
    const { upstream, metrics } = this.#parts
    const { endpoint } = this.#request
    try {
      const answer = await upstream.send({
        method: 'POST',
        path: UPSTREAM_PATHS[endpoint],
        headers: headersToSend(this.#clientHeaders),
        body: bodyToSend(this.#request, this.#admitted.held.maxTokens),
        signal: this.#admitted.call.ending,
        onSent: () => {
          this.#sent = true
        },
      })
      metrics.firstByte(endpoint, (performance.now() - this.#startedAt) / 1000)
      return answer
    } catch (error) {
      return await this.#giveUp(error)
    }
  }

  /** The upstream's own refusal, passed on; nothing is charged. */
  async #refuse(answer: UpstreamAnswer): Promise<WholeAnswer> {
    const { status } = answer
    const { logger, redactor } = this.#parts
    if (status === 401 || status === 403) {
      await this.#free(`upstream_${status}`)
      this.end(new Error('refused'))
      logger.error(
        { status },
        'the AI provider refuses API_KEY: no call of the gateway can succeed until it is right',
      )
      throw this.#refusal(
        'upstream_key_refused',
        'The AI provider refused this server. Its operator has been told.',
      )
    }
    if (status < 400)
      return await this.#giveUp(new UpstreamError('broken', `the AI provider answered ${status}`))
    // Nobody could see whether the key is in it.
    if (!isPlain(answer)) return await this.#giveUp(new UpstreamError('broken', 'the answer is compressed'))
    let body: Buffer
    try {
      body = await collect(answer.body, MAX_REFUSAL_BYTES)
    } catch (error) {
      // It was refused, whoever has left meanwhile.
      this.end(error)
      await this.#free(`upstream_${status}`)
      throw this.#toRefusal(error)
    }
    await this.#free(`upstream_${status}`)
    const headers = {
      ...this.#headersOf(answer, this.#admitted.held.quotaBefore),
      'x-upstream-status': String(status),
    }
    return { status, headers, body: redactor.redact(body) }
  }

  async #takeWhole(answer: UpstreamAnswer): Promise<WholeAnswer> {
    const { endpoint } = this.#request
    let body: Buffer
    try {
      body = await collect(answer.body)
    } catch (error) {
      return await this.#giveUp(error)
    }
    const read = readAnswer(body)
    if (read === null) return await this.#giveUp(new UpstreamError('broken', 'the answer is not JSON'))
    const failed = isFailure(endpoint, read)
    if (failed) await this.#free('upstream_failed')
    else await this.#charge(read.usage ?? (await this.#estimateWhole(read)))
    return {
      status: answer.status,
      headers: this.#headersOf(answer, failed ? this.#admitted.held.quotaBefore : undefined),
      body: this.#parts.redactor.redact(body),
    }
  }

  async #relay(answer: UpstreamAnswer): Promise<null> {
    const { endpoint, wantsUsage } = this.#request
    const { redactor, counter } = this.#parts
    const relay = new StreamRelay({
      endpoint,
      hidesUsage: !wantsUsage,
      endsByClosing: endsByClosing(answer),
      redactor,
      counter,
    })
    const start = () => this.#client.start(answer.status, this.#headersOf(answer))
    try {
      await relay.run(answer.body, this.#client, start)
      // The answer is complete, also where the upstream keeps its stream open.
      this.end(new Error('the answer is complete'))
    } catch (error) {
      return await this.#breakOff(relay, error)
    }
    try {
      if (relay.failed && !relay.delivered.any) await this.#free('upstream_failed')
      else await this.#charge(relay.usage ?? (await this.#estimate(await relay.delivered.tokens())))
    } catch (error) {
      return this.#endWithError(error)
    }
    start()
    this.#client.end(relay.last)
    return null
  }

  /** A stream that did not come to its end: what was delivered is charged. */
  async #breakOff(relay: StreamRelay, error: unknown): Promise<null> {
    // Nobody reads any more what is still to come.
    this.end(error)
    const left = error instanceof ClientLeft
    if (!left && !relay.delivered.any) {
      if (!this.#client.started) return await this.#giveUp(error)
      await this.#free('broken')
      return this.#endWithError(this.#toRefusal(error))
    }
    try {
      await this.#charge(relay.usage ?? (await this.#estimate(await relay.delivered.tokens())))
    } catch {
      // The hold ended before; it is recorded later, and the client is told of the stream.
    }
    return left ? null : this.#endWithError(this.#toRefusal(error))
  }

  /**
   * Ends a call that has delivered nothing. It is free, save when the client itself left after the request had gone up:
   * its input was worked on, and whoever could leave unpaid could call without end.
   */
  async #giveUp(error: unknown): Promise<never> {
    this.end(error)
    if (error instanceof ClientLeft && this.#sent) {
      await this.#charge(await this.#estimate(0)).catch(() => {})
    } else {
      await this.#free(error instanceof ClientLeft ? 'client_left' : 'upstream_failed')
    }
    throw this.#toRefusal(error)
  }

  async #charge(usage: TokenUsage): Promise<void> {
    await this.#admitted.call.settle(usage)
    this.#parts.metrics.finished(this.#request.endpoint, 'charged')
  }

  async #free(result: string): Promise<void> {
    await this.#admitted.call.release()
    this.#parts.metrics.finished(this.#request.endpoint, result)
  }

  async #estimateWhole({ parsed }: ReadAnswer): Promise<TokenUsage> {
    return this.#estimate(await this.#parts.counter.count(textOfAnswer(this.#request.endpoint, parsed)))
  }

  async #estimate(outputTokens: number): Promise<TokenUsage> {
    const { endpoint, parsed } = this.#request
    const { inputTokens } = this.#admitted
    return {
      inputTokens: inputTokens ?? (await countRequestTokens(endpoint, parsed, this.#parts.counter)),
      cachedInputTokens: 0,
      outputTokens,
      reasoningTokens: 0,
      estimated: true,
    }
  }

  #headersOf(answer: UpstreamAnswer, quota = this.#admitted.held.quota): Record<string, string> {
    return { ...passedHeaders(answer, this.#parts.redactor), ...rateLimitHeaders(quota) }
  }

  /** Tells a failure in an event, or as a refusal while nothing was sent. @throws PromptmeterError then */
  #endWithError(error: unknown): null {
    const refusal =
      error instanceof PromptmeterError
        ? error
        : new PromptmeterError('internal_error', 'Internal server error.')
    if (!this.#client.started) throw refusal
    this.#client.end([Buffer.from(errorEvent(this.#request.endpoint, refusal))])
    return null
  }

  #refusal(code: PromptmeterError['code'], message: string): GatewayRefusal {
    return new GatewayRefusal(code, message, {
      shouldRetry: false,
      quota: this.#admitted.held.quotaBefore,
    })
  }

  /** What a client is told of a failure on the way. */
  #toRefusal(error: unknown): PromptmeterError {
    if (error instanceof PromptmeterError) return error
    if (error instanceof ClientLeft) return this.#refusal('request_timeout', 'The client left.')
    if (!(error instanceof UpstreamError)) {
      this.#parts.logger.error({ err: error }, 'a call of the gateway failed')
      return new PromptmeterError('internal_error', 'Internal server error.')
    }
    return upstreamRefusal(error, this.#admitted.held.quotaBefore)
  }
}
