import type { SignInConfig } from '../config/sign-in-config.ts'
import { userDisabled } from '../promptmeter-error.ts'
import type { SessionService } from '../sessions/session-service.ts'
import type { UserService } from '../users/user-service.ts'

export type SignUpService = ReturnType<typeof createSignUpService>

export function createSignUpService(users: UserService, sessions: SessionService, config: SignInConfig) {
  return {
    async signUp(email: unknown, clientName: string | null): Promise<string> {
      const address = users.requireEmail(email)
      const user =
        config.registration === 'open' ? await users.findOrAdd(address) : await users.getByEmail(address)
      if (user.disabled) throw userDisabled()
      const { sessionToken } = await sessions.start(user, { method: 'trusted', clientName })
      return sessionToken
    },
  }
}
