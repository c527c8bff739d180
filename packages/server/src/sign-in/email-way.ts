import { randomUUID } from 'node:crypto'
import type { RequestOrigin } from '../audit/audit-event.ts'
import type { Mailer } from '../mail/mailer.ts'
import { signInMail } from '../mail/sign-in-mail.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import { type AttemptLimit, type AttemptLimiter, AttemptsExceeded } from '../rate-limits/attempt-limiter.ts'
import { networkOf } from '../rate-limits/network.ts'
import type { Macs } from '../secret-keys.ts'
import { isId } from '../users/user.ts'
import { CODE_LIFETIME_MINUTES, normalizeCode, randomCode } from './challenge.ts'
import type { ChallengeStore } from './challenge-store.ts'
import type { SignInService } from './sign-in-service.ts'

const DAY_SECONDS = 24 * 60 * 60

/** Codes sent to one address for one network, of which none was used. */
const FOR_NETWORK: AttemptLimit = { name: 'code_for_network', attempts: 10, seconds: DAY_SECONDS }

/** Codes sent to one address for all networks from which nobody has signed in by it. */
const FOR_STRANGERS: AttemptLimit = { name: 'code_for_strangers', attempts: 50, seconds: DAY_SECONDS }

export interface EmailWayParts {
  readonly store: ChallengeStore
  readonly signIn: SignInService
  readonly attempts: AttemptLimiter
  readonly mailer: Mailer
  readonly macs: Macs
  readonly appName: string
}

export type EmailWay = ReturnType<typeof createEmailWay>

/** Proves an address by a code that is sent there. */
export function createEmailWay({ store, signIn, attempts, mailer, macs, appName }: EmailWayParts) {
  /**
   * Bounds the mails an address gets. One network alone can use up neither what all strangers share, nor anything of a
   * network from which the address has been signed in by. Who shares a network with the owner shares these bounds.
   */
  const takeMail = async (email: string, network: string): Promise<void> => {
    await attempts.take(FOR_NETWORK, `${email} ${network}`)
    try {
      await attempts.take(FOR_STRANGERS, email)
    } catch (error) {
      const known = error instanceof AttemptsExceeded && (await isKnownNetwork(email, network))
      if (!known) throw error
    }
  }

  const isKnownNetwork = async (email: string, network: string) =>
    (await store.recentAddresses(email)).some((ip) => networkOf(ip) === network)

  return {
    /**
     * Begins a sign-in: the same for every address, whether it has an account or not. Where it may enter, the code
     * goes out after the answer.
     * @returns the id of the challenge
     * @throws PromptmeterError `too_many_attempts`
     */
    async begin(email: string, origin: RequestOrigin): Promise<string> {
      const network = networkOf(origin.ip)
      const id = randomUUID()
      const code = randomCode()
      const refusal = await store.insert({ id, email, network, codeMac: macs.of(`${id} ${code}`) })
      if (refusal !== null) throw new AttemptsExceeded(refusal.freeInSeconds, false)
      try {
        await takeMail(email, network)
      } catch (error) {
        // Its slot is free again: no mail goes out for it.
        await store.use(id)
        throw error
      }
      const mayEnter = await signIn.mayEnter(email)
      setImmediate(() => {
        if (mayEnter)
          mailer.send(signInMail({ appName, to: email, code, minutes: CODE_LIFETIME_MINUTES, origin }))
      })
      return id
    },

    /** The address a challenge was sent to, for whoever began it. */
    addressOf: (challengeId: string): Promise<string | null> =>
      isId(challengeId) ? store.findEmail(challengeId) : Promise.resolve(null),

    /**
     * The address that the code proves. A code is used once, and tried five times at most, however many try at once.
     * @throws PromptmeterError `code_invalid`
     */
    async verify(challengeId: unknown, code: unknown, origin: RequestOrigin): Promise<string> {
      const digits = normalizeCode(code)
      if (!isId(challengeId) || digits === null) throw codeInvalid()
      const tried = await store.tryOnce(challengeId)
      const right =
        tried !== null &&
        macs.matches(`${challengeId} ${digits}`, tried.codeMac) &&
        (await store.use(challengeId))
      if (!right) {
        await signIn.refused('email', tried === null ? 'code_dead' : 'code_wrong', origin, tried?.email)
        throw codeInvalid()
      }
      await attempts.forgive(FOR_NETWORK, `${tried.email} ${tried.network}`)
      return tried.email
    },
  }
}

function codeInvalid(): PromptmeterError {
  return new PromptmeterError('code_invalid', 'This code is wrong, used or expired. Ask for a new one.')
}
