import type { AttemptLimit } from '../rate-limits/attempt-limiter.ts'

const TEN_MINUTES = 10 * 60

/** What one network may do in ten minutes; every replica counts together. */
export interface NetworkLimits {
  /** Sign-ins begun, of any way. */
  readonly begin: AttemptLimit
  /** Codes tried: those sent by mail and those of devices. */
  readonly tryCode: AttemptLimit
}

export function networkLimits(attempts: number): NetworkLimits {
  return {
    begin: { name: 'sign_in_begun', attempts, seconds: TEN_MINUTES },
    tryCode: { name: 'code_tried', attempts, seconds: TEN_MINUTES },
  }
}
