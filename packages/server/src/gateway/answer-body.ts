import type { Dispatcher } from 'undici'

/** Past this much that nobody has taken, the upstream is told to wait. */
const HIGH_WATER_BYTES = 64 * 1024

/** The body of an answer as it arrives, for one reader. Memory stays flat: a slow reader makes the upstream slow. */
export class AnswerBody implements AsyncIterable<Buffer> {
  readonly #flow: Pick<Dispatcher.DispatchController, 'pause' | 'resume' | 'abort'>
  #chunks: Buffer[] = []
  #bytes = 0
  #ended = false
  #failure: { readonly reason: unknown } | null = null
  #wake: (() => void) | null = null

  constructor(flow: Pick<Dispatcher.DispatchController, 'pause' | 'resume' | 'abort'>) {
    this.#flow = flow
  }

  push(chunk: Buffer): void {
    if (this.#failure !== null) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes >= HIGH_WATER_BYTES) this.#flow.pause()
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  fail(reason: unknown): void {
    this.#failure ??= { reason }
    this.#wake?.()
  }

  /** Pieces in the order they came, several that are there already as one. Whoever leaves early ends the call. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    let complete = false
    try {
      for (;;) {
        const chunks = this.#chunks
        if (chunks.length > 0) {
          const paused = this.#bytes >= HIGH_WATER_BYTES
          this.#chunks = []
          this.#bytes = 0
          yield chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
          if (paused) this.#flow.resume()
          continue
        }
        if (this.#failure !== null) throw this.#failure.reason
        if (this.#ended) {
          complete = true
          return
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        this.#wake = null
      }
    } finally {
      if (!complete && this.#failure === null && !this.#ended) this.#flow.abort(new Error('the reader left'))
    }
  }
}
