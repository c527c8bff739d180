import type { RequestOrigin } from '../audit/audit-event.ts'
import { type AttemptLimit, type AttemptLimiter, AttemptsExceeded } from '../rate-limits/attempt-limiter.ts'
import { networkOf } from '../rate-limits/network.ts'
import type { SignInService } from './sign-in-service.ts'

const TEN_MINUTES = 10 * 60

/** What one network may do in ten minutes; every replica counts together. */
export interface NetworkAttempts {
  /** Counts a sign-in that begins, of any way. @throws PromptmeterError `too_many_attempts` */
  begin(origin: RequestOrigin): Promise<void>
  /** Counts a code that is tried, from a mail or of a device. @throws PromptmeterError `too_many_attempts` */
  tryCode(origin: RequestOrigin): Promise<void>
}

/** @param perNetwork attempts of each kind */
export function createNetworkAttempts(
  attempts: AttemptLimiter,
  signIn: SignInService,
  perNetwork: number,
): NetworkAttempts {
  const counted = (name: string) => {
    const limit: AttemptLimit = { name, attempts: perNetwork, seconds: TEN_MINUTES }
    return async (origin: RequestOrigin): Promise<void> => {
      try {
        await attempts.take(limit, networkOf(origin.ip))
      } catch (error) {
        // The first of a series is told of; a flood of refusals must not become a flood of rows.
        if (error instanceof AttemptsExceeded && error.first) await signIn.refused(null, name, origin)
        throw error
      }
    }
  }
  return { begin: counted('sign_in_begun'), tryCode: counted('code_tried') }
}
