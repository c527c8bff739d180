import type { RequestOrigin } from '../audit/audit-event.ts'
import type { SignInConfig } from '../config/sign-in-config.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { UserService } from '../users/user-service.ts'
import type { EmailWay } from './email-way.ts'
import type { NetworkAttempts } from './network-attempts.ts'
import type { SignInService } from './sign-in-service.ts'

/** Either somebody is signed in at once, or a code has to come back. */
export type SignUpOutcome =
  | { readonly kind: 'session'; readonly sessionToken: string }
  | { readonly kind: 'challenge'; readonly challengeId: string }

export interface SignUpParts {
  readonly users: UserService
  readonly signIn: SignInService
  /** null where `email` is not among the ways. */
  readonly email: EmailWay | null
  readonly network: NetworkAttempts
  readonly config: SignInConfig
}

export type SignUpService = ReturnType<typeof createSignUpService>

/** Signing in without a browser, as the contract has it. */
export function createSignUpService({ users, signIn, email, network, config }: SignUpParts) {
  return {
    /**
     * @throws PromptmeterError `email_required`, `email_invalid`; with `trusted` `user_not_found`, `user_disabled`;
     *   otherwise `too_many_attempts`, `sign_in_elsewhere`
     */
    async signUp(address: unknown, origin: RequestOrigin): Promise<SignUpOutcome> {
      const normalized = users.requireEmail(address)
      if (config.ways.includes('trusted')) {
        const user = await signIn.admit({ method: 'trusted', email: normalized }, origin)
        const signedIn = { method: 'trusted', clientName: origin.clientName } as const
        const { sessionToken } = await signIn.start(user, signedIn, origin)
        return { kind: 'session', sessionToken }
      }
      if (email === null) throw signInElsewhere(config)
      await network.begin(origin)
      return { kind: 'challenge', challengeId: await email.begin(normalized, origin) }
    },

    /**
     * @returns the session token
     * @throws PromptmeterError `code_invalid`, `user_not_found`, `user_disabled`, `too_many_attempts`,
     *   `sign_in_elsewhere`
     */
    async verify(challengeId: string, code: string, origin: RequestOrigin): Promise<string> {
      if (email === null) throw signInElsewhere(config)
      await network.tryCode(origin)
      const address = await email.verify(challengeId, code, origin)
      const user = await signIn.admit({ method: 'email', email: address }, origin)
      const signedIn = { method: 'email', clientName: origin.clientName } as const
      return (await signIn.start(user, signedIn, origin)).sessionToken
    },
  }
}

function signInElsewhere({ ways }: SignInConfig): PromptmeterError {
  const how = ways.includes('trusted')
    ? 'POST /signup answers with a session at once: there is no code to verify.'
    : `Sign in with ${ways.join(' or ')}, in a browser: see /.well-known/oauth-authorization-server.`
  return new PromptmeterError('sign_in_elsewhere', how)
}
