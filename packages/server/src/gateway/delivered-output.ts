import { textOfEvent } from './answer-texts.ts'
import type { Endpoint } from './endpoint.ts'
import { eventData } from './event-stream.ts'
import type { TokenCounter } from './token-counter.ts'

/** Bytes of events kept as they came, before their text is taken out of them. */
const KEPT_BYTES = 128 * 1024

/** Characters of text kept before they are counted. */
const KEPT_CHARACTERS = 64 * 1024

/**
 * What a stream has delivered, for the case that the upstream's numbers never come. It costs next to nothing while they
 * do: events are only kept, and read when they are many, so that memory stays flat however long the stream.
 */
export class DeliveredOutput {
  readonly #endpoint: Endpoint
  readonly #counter: TokenCounter
  #events: Buffer[] = []
  #bytes = 0
  #text = ''
  #tokens: Promise<number> = Promise.resolve(0)
  /** Characters that the counter has and that are not counted yet. */
  #uncounted = 0
  #any = false

  constructor(endpoint: Endpoint, counter: TokenCounter) {
    this.#endpoint = endpoint
    this.#counter = counter
  }

  add(event: Buffer): void {
    this.#events.push(event)
    this.#bytes += event.length
    if (this.#bytes > KEPT_BYTES) this.#read()
  }

  /** What to wait for when text comes faster than it is counted, or null: what is uncounted would pile up. */
  get behind(): Promise<unknown> | null {
    return this.#uncounted > KEPT_CHARACTERS ? this.#tokens : null
  }

  /** True once any text was delivered. */
  get any(): boolean {
    if (!this.#any) this.#read()
    return this.#any
  }

  /** Tokens of the text so far. */
  async tokens(): Promise<number> {
    this.#read()
    this.#count()
    return this.#tokens
  }

  #read(): void {
    for (const event of this.#events) this.#text += this.#textOf(event)
    this.#events = []
    this.#bytes = 0
    if (this.#text !== '') this.#any = true
    if (this.#text.length > KEPT_CHARACTERS) this.#count()
  }

  #count(): void {
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    this.#uncounted += text.length
    const before = this.#tokens
    this.#tokens = this.#counter.count(text).then(async (tokens) => {
      this.#uncounted -= text.length
      return (await before) + tokens
    })
    // Whoever asks for the count gets its failure; it may be that nobody asks.
    this.#tokens.catch(() => {})
  }

  #textOf(event: Buffer): string {
    const data = eventData(event)
    if (data === null || data === '[DONE]') return ''
    try {
      return textOfEvent(this.#endpoint, JSON.parse(data))
    } catch {
      // Whatever this is, the client got it.
      return data
    }
  }
}
