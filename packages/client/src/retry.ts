const FIRST_DELAY_MS = 300
const LONGEST_DELAY_MS = 8_000

/** A server that asks to wait longer than this is not waited for: the caller is told instead. */
const LONGEST_PATIENCE_MS = 30_000

const PASSING_STATUSES: readonly number[] = [408, 429, 500, 502, 503, 504]

/** Whether a request that may be sent twice could do better the next time. */
export function isPassing(status: number, headers: Headers): boolean {
  const told = headers.get('x-should-retry')
  return told === null ? PASSING_STATUSES.includes(status) : told === 'true'
}

/**
 * How long to wait before the next try, in milliseconds; null to give up. Full jitter: a thousand editors that lost the
 * same server do not come back in the same instant.
 * @param attempt how many tries have failed, from 1
 * @param random in `[0, 1)`
 */
export function delayBeforeRetry(
  attempt: number,
  retryAfterMs: number | undefined,
  random: number,
): number | null {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1))
  const own = longest * random
  if (retryAfterMs === undefined) return own
  return retryAfterMs > LONGEST_PATIENCE_MS ? null : retryAfterMs + own
}

/** `Retry-After` in milliseconds: seconds or a date (RFC 9110, 10.2.3). */
export function parseRetryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (value === undefined || value === '') return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

/** Resolves after `ms`. @throws the signal's reason as soon as it aborts */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
