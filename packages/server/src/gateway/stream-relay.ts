import type { TokenUsage } from '../ledger/hold-call.ts'
import type { ClientStream } from './client-stream.ts'
import type { Redactor } from './content-redactor.ts'
import { DeliveredOutput } from './delivered-output.ts'
import type { Endpoint } from './endpoint.ts'
import { EventSplitter, eventData } from './event-stream.ts'
import { tellsUsageOnWish } from './gateway-request.ts'
import { isObject, objectOf } from './json-value.ts'
import type { TokenCounter } from './token-counter.ts'
import { UpstreamError } from './upstream.ts'
import { parseUsage } from './upstream-usage.ts'

/** An event that grows past this, or an end that goes on past it, is no stream of events. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024

/** How long after its last event an upstream may keep its stream open. */
const CLOSE_WITHIN_MS = 250

const DONE_MARK = Buffer.from('[DONE]')
const USAGE_NAME = Buffer.from('"usage"')
/** As the name of a member or, in the stream of a response, the type of an event. */
const ERROR_NAME = Buffer.from('"error"')
/** With a text for its value: in the middle of an answer it is null. */
const FINISH_NAMES = ['"finish_reason":"', '"finish_reason": "'].map((name) => Buffer.from(name))
const OPENING_BRACE = 0x7b
const COLON = 0x3a
const SPACE = 0x20

/** Events of a response after which nothing follows. */
const LAST_RESPONSE_EVENTS = new Set(['response.completed', 'response.incomplete', 'response.failed'])

export interface StreamRelayOptions {
  readonly endpoint: Endpoint
  /** True when the client did not ask for the numbers: the chunk that has them is kept from it. */
  readonly hidesUsage: boolean
  /** True when nothing but the end of the connection marks the end of the stream: a cut looks the same. */
  readonly endsByClosing: boolean
  readonly redactor: Redactor
  readonly counter: TokenCounter
}

/**
 * Passes a stream of events on, byte for byte and as fast as the client takes it, and watches for the upstream's
 * numbers. Its last events are kept back, so that what was used is durable before a client has read to the end.
 */
export class StreamRelay {
  readonly delivered: DeliveredOutput
  readonly #options: StreamRelayOptions
  readonly #splitter = new EventSplitter()
  #usage: TokenUsage | null = null
  #last: Buffer[] = []
  #lastBytes = 0
  #anything = false
  /** True once the upstream said why an answer ends. */
  #finished = false
  #failed = false

  constructor(options: StreamRelayOptions) {
    this.#options = options
    this.delivered = new DeliveredOutput(options.endpoint, options.counter)
  }

  /** The upstream's own numbers, or null as long as they have not come. */
  get usage(): TokenUsage | null {
    return this.#usage
  }

  /** True when the upstream itself said that it failed. */
  get failed(): boolean {
    return this.#failed
  }

  /** What is to be sent once the call is settled. */
  get last(): readonly Buffer[] {
    return this.#last
  }

  /**
   * Resolves when the upstream has sent everything.
   * @throws ClientLeft; UpstreamError when the stream broke, stood still or is none; why the call had to end
   */
  async run(body: AsyncIterable<Buffer>, client: ClientStream, start: () => void): Promise<void> {
    try {
      const chunks = body[Symbol.asyncIterator]()
      for (;;) {
        const next = await this.#nextOf(chunks)
        if (next === null || next.done === true) break
        const chunk = next.value
        const pieces = this.#take(chunk)
        if (pieces.length === 0) continue
        start()
        for (const piece of pieces) this.delivered.add(piece)
        await client.write(pieces)
        const { behind } = this.delivered
        if (behind !== null) await behind
      }
    } catch (error) {
      // After its last event an answer is whole, however its connection ends.
      if (!(error instanceof UpstreamError && this.#last.length > 0)) throw error
    }
    this.#takeRest(this.#splitter.flush())
    if (!this.#anything) throw new UpstreamError('broken', 'the AI provider sent an empty stream')
    // Some servers close without a word that the answer is complete. That is its end where HTTP itself marks one and
    // there is an answer.
    const unfinished = !this.#finished && !this.#failed && this.#usage === null
    if (unfinished && (this.#options.endsByClosing || !this.delivered.any)) {
      throw new UpstreamError('broken', 'the stream of the AI provider ended in the middle')
    }
  }

  /** The next chunk; null when the answer is complete and the upstream does not close its stream. */
  async #nextOf(chunks: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer> | null> {
    const next = chunks.next()
    if (this.#last.length === 0) return next
    const { promise: late, resolve } = Promise.withResolvers<null>()
    const timer = setTimeout(() => resolve(null), CLOSE_WITHIN_MS)
    return Promise.race([next, late]).finally(() => clearTimeout(timer))
  }

  /** The events of a chunk that go on at once. */
  #take(chunk: Buffer): Buffer[] {
    const pieces: Buffer[] = []
    for (const whole of this.#splitter.push(chunk)) {
      const event = this.#options.redactor.redact(whole)
      // Comments that keep a connection alive are no answer.
      this.#anything ||= eventData(event) !== null
      const fate = this.#last.length > 0 ? 'last' : this.#watch(event)
      if (fate === 'pass') pieces.push(event)
      else if (fate === 'last') this.#end(event)
    }
    if (this.#splitter.pendingBytes > MAX_EVENT_BYTES) {
      throw new UpstreamError('broken', 'the AI provider sent an event without end')
    }
    return pieces
  }

  /** What stands behind the last blank line: some servers leave out the one behind their last event. */
  #takeRest(whole: Buffer): void {
    if (whole.length === 0) return
    const event = this.#options.redactor.redact(whole)
    this.#anything ||= eventData(event) !== null
    const fate = this.#last.length > 0 ? 'last' : this.#watch(event)
    if (fate === 'withhold') return
    if (fate === 'pass') this.delivered.add(event)
    if (fate === 'last') this.#end(event)
    else this.#keep(event)
  }

  #end(event: Buffer): void {
    this.#finished = true
    this.#keep(event)
  }

  #keep(event: Buffer): void {
    this.#last.push(event)
    this.#lastBytes += event.length
    if (this.#lastBytes > MAX_EVENT_BYTES) {
      throw new UpstreamError('broken', 'the AI provider went on after the end of its answer')
    }
  }

  #watch(event: Buffer): 'pass' | 'withhold' | 'last' {
    const { endpoint, hidesUsage } = this.#options
    if (event.includes(DONE_MARK) && eventData(event) === '[DONE]') return 'last'
    const mayEnd = endpoint === 'responses' && event.includes('response.')
    const mayFail = event.includes(ERROR_NAME)
    this.#finished ||= FINISH_NAMES.some((name) => event.includes(name))
    if (!hasUsage(event) && !mayFail && !(mayEnd && endsResponse(event))) return 'pass'
    const data = objectOf(parseData(event))
    const response = objectOf(data.response)
    this.#failed ||= isObject(data.error) || data.type === 'error' || data.type === 'response.failed'
    this.#usage = parseUsage(data.usage ?? response.usage) ?? this.#usage
    if (endpoint === 'responses') return LAST_RESPONSE_EVENTS.has(String(data.type)) ? 'last' : 'pass'
    const onlyUsage = Array.isArray(data.choices) && data.choices.length === 0
    return hidesUsage && onlyUsage && tellsUsageOnWish(endpoint) ? 'withhold' : 'pass'
  }
}

/** True when a member `usage` is an object: most chunks say `"usage":null`, and parsing all would cost. */
function hasUsage(event: Buffer): boolean {
  for (let at = event.indexOf(USAGE_NAME); at !== -1; at = event.indexOf(USAGE_NAME, at + 1)) {
    let next = at + USAGE_NAME.length
    while (event[next] === COLON || event[next] === SPACE) next++
    if (event[next] === OPENING_BRACE) return true
  }
  return false
}

function endsResponse(event: Buffer): boolean {
  return [...LAST_RESPONSE_EVENTS].some((type) => event.includes(type))
}

function parseData(event: Buffer): unknown {
  try {
    return JSON.parse(eventData(event) ?? '')
  } catch {
    return null
  }
}
