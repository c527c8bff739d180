import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { Database } from '../database/database.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { Macs } from '../secret-keys.ts'

/** So many attempts in so long, counted from the first. */
export interface AttemptLimit {
  readonly name: string
  readonly attempts: number
  readonly seconds: number
}

export interface AttemptLimiter {
  /**
   * Counts one attempt, here and on every replica. The subject is stored as a keyed hash.
   * @throws PromptmeterError `too_many_attempts`, as an `AttemptsExceeded`
   */
  take(limit: AttemptLimit, subject: string): Promise<void>
  /** Starts anew, after a success. */
  forgive(limit: AttemptLimit, subject: string): Promise<void>
}

/** Beside a refusal: whether it is the first since the time of the limit began, which is the one worth telling of. */
export class AttemptsExceeded extends PromptmeterError {
  readonly first: boolean

  constructor(retryAfterSeconds: number, first: boolean) {
    const wait =
      retryAfterSeconds < 90 ? `${retryAfterSeconds} seconds` : `${Math.ceil(retryAfterSeconds / 60)} minutes`
    super('too_many_attempts', `Too many attempts. Try again in ${wait}.`, { retryAfterSeconds })
    this.first = first
  }
}

/** @param macs names the subjects: addresses of people must not stand in this table */
export function createAttemptLimiter(database: Database, macs: Macs): AttemptLimiter {
  const limiters = new Map<AttemptLimit, RateLimiterPostgres>()
  // The library speaks to a pool of `pg`; both engines answer it here.
  const storeClient = {
    async query({ name, text, values }: { name: string; text: string; values: unknown[] }) {
      const rows = await database.query({ name, text }, values)
      return { rows, rowCount: rows.length }
    },
  }
  const limiterOf = (limit: AttemptLimit) => {
    let limiter = limiters.get(limit)
    if (limiter === undefined) {
      limiter = new RateLimiterPostgres({
        storeClient,
        storeType: 'pool',
        tableName: 'rate_limits',
        tableCreated: true,
        clearExpiredByTimeout: false,
        keyPrefix: limit.name,
        points: limit.attempts,
        duration: limit.seconds,
      })
      limiters.set(limit, limiter)
    }
    return limiter
  }

  return {
    async take(limit, subject) {
      try {
        await limiterOf(limit).consume(macs.of(subject))
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal
        const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000))
        throw new AttemptsExceeded(seconds, refusal.consumedPoints === limit.attempts + 1)
      }
    },

    async forgive(limit, subject) {
      await limiterOf(limit).delete(macs.of(subject))
    },
  }
}
