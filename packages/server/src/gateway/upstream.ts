/** One call of the AI provider. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST'
  /** Behind the base URL, such as `/chat/completions`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | null
  /** Ends the call, whatever it is doing. */
  readonly signal: AbortSignal
  /** Told once the request is on its way: from then on it may have been worked off. */
  readonly onSent: () => void
}

export interface UpstreamAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Pulled by the reader: what is not taken waits at the upstream. */
  readonly body: AsyncIterable<Buffer>
}

/** Whoever answers: the provider, or the model of our own. */
export interface Upstream {
  /** @throws UpstreamError; the signal's reason when it was aborted */
  send(request: UpstreamRequest): Promise<UpstreamAnswer>
  close(): Promise<void>
}

/** What went wrong on the way to the provider or back. */
export class UpstreamError extends Error {
  readonly kind: 'unreachable' | 'timeout' | 'broken'

  constructor(kind: UpstreamError['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UpstreamError'
    this.kind = kind
  }
}
