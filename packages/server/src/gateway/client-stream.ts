import { once } from 'node:events'
import type { FastifyReply } from 'fastify'

/** Most bytes written at once. */
const SLICE_BYTES = 64 * 1024

/** Why a call ends whose client is no longer there. */
export class ClientLeft extends Error {
  constructor() {
    super('the client left')
    this.name = 'ClientLeft'
  }
}

/** The answer to a client, written piece by piece. Until the first piece the answer may still become a refusal. */
export class ClientStream {
  readonly #reply: FastifyReply
  readonly #idleTimeoutMs: number
  #started = false

  /** @param idleTimeoutMs longest a client may take nothing before it counts as gone */
  constructor(reply: FastifyReply, idleTimeoutMs: number) {
    this.#reply = reply
    this.#idleTimeoutMs = idleTimeoutMs
  }

  /** True once something was sent: then only an event can say what goes wrong. */
  get started(): boolean {
    return this.#started
  }

  /** True when nobody is there any more to read the answer. */
  get left(): boolean {
    const { raw } = this.#reply
    return raw.destroyed || (raw.closed && !raw.writableFinished)
  }

  /** Tells when the client leaves before its answer is complete. @returns stops telling */
  onLeft(tell: () => void): () => void {
    const { raw } = this.#reply
    // `request.raw` closes as soon as a body was read; only the answer's side knows that somebody left.
    const onClose = () => {
      if (!raw.writableFinished) tell()
    }
    raw.once('close', onClose)
    return () => raw.off('close', onClose)
  }

  /** Sends the head of the answer, unless it was sent before. */
  start(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.#started) return
    this.#started = true
    this.#reply.hijack()
    const { raw } = this.#reply
    // A proxy that gathers a stream would undo it; nginx asks for this header.
    const own = { ...(this.#reply.getHeaders() as Record<string, string>), 'x-accel-buffering': 'no' }
    raw.writeHead(status, { ...own, ...headers })
    // Each piece goes out when it comes: an editor shows it at once.
    raw.socket?.setNoDelay(true)
  }

  /** Resolves when the client has room for more. @throws ClientLeft */
  async write(pieces: readonly Buffer[]): Promise<void> {
    if (pieces.length === 0) return
    const { raw } = this.#reply
    if (this.left) throw new ClientLeft()
    // One write, not several that are corked: those ask for a drain that never comes where the socket takes most of them
    // at once. What is large goes in slices, so that each one taken shows that the client is still there.
    const whole = joined(pieces)
    for (let start = 0; start < whole.length; start += SLICE_BYTES) {
      raw.write(whole.length <= SLICE_BYTES ? whole : whole.subarray(start, start + SLICE_BYTES))
      if (raw.writableNeedDrain) await this.#drained()
      if (this.left) throw new ClientLeft()
    }
  }

  /** Resolves when the client has taken what was written, or is gone. */
  async #drained(): Promise<void> {
    const { raw } = this.#reply
    const waiting = new AbortController()
    // It has not taken anything for too long: as good as gone.
    const timer = setTimeout(() => raw.destroy(), this.#idleTimeoutMs)
    await Promise.race([once(raw, 'drain', waiting), once(raw, 'close', waiting)]).catch(() => {})
    clearTimeout(timer)
    waiting.abort()
  }

  /** The last bytes. */
  end(pieces: readonly Buffer[]): void {
    const { raw } = this.#reply
    if (this.left) return
    raw.end(joined(pieces))
  }
}

/** Pieces as one; where they lie side by side in memory, as those of one chunk do, without a copy. */
function joined(pieces: readonly Buffer[]): Buffer {
  const [first, ...others] = pieces
  if (first === undefined) return Buffer.alloc(0)
  let end = first.byteOffset + first.length
  for (const piece of others) {
    if (piece.buffer !== first.buffer || piece.byteOffset !== end) return Buffer.concat(pieces)
    end += piece.length
  }
  return Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset)
}
