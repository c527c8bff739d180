import type { SignInConfig } from '../config/config.ts'
import { userDisabled } from '../promptmeter-error.ts'
import type { SessionService } from '../sessions/session-service.ts'
import type { UserService } from '../users/user-service.ts'

export type SignUpService = ReturnType<typeof createSignUpService>

export function createSignUpService(users: UserService, sessions: SessionService, config: SignInConfig) {
  return {
    /**
     * Signs in whoever names a known address (`SIGN_IN=trusted`): the address is taken as proof.
     * @returns the session token
     * @throws PromptmeterError `email_required`, `email_invalid`, `user_not_found`, `user_disabled`
     */
    async signUp(email: unknown, clientName: string | null): Promise<string> {
      const address = users.requireEmail(email)
      const user =
        config.registration === 'open' ? await users.findOrAdd(address) : await users.getByEmail(address)
      if (user.disabled) throw userDisabled()
      const { sessionToken } = await sessions.start(user, clientName)
      return sessionToken
    },
  }
}
