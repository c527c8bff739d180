/** Answers that a browser came back with, in order; each is taken once. */
export interface AnswerInbox {
  put(query: URLSearchParams): void
  /** The next answer, once there is one. @throws the signal's reason */
  take(signal: AbortSignal): Promise<URLSearchParams>
}

/** Anybody on this computer may send answers: more than these are not kept. */
const MOST_WAITING = 20

export function createAnswerInbox(): AnswerInbox {
  const waiting: URLSearchParams[] = []
  let wake = () => {}
  return {
    put(query) {
      if (waiting.length < MOST_WAITING) waiting.push(query)
      wake()
    },
    async take(signal) {
      for (;;) {
        signal.throwIfAborted()
        const query = waiting.shift()
        if (query !== undefined) return query
        await new Promise<void>((resolve) => {
          wake = resolve
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      }
    },
  }
}
