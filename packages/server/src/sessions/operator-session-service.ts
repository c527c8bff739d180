import { randomBytes, randomUUIDv7 } from 'node:crypto'
import type { Macs } from '../secret-keys.ts'
import { formatOperatorSecret, looksLikeOperatorSession, type OperatorLink } from './operator-session.ts'
import type { OperatorSessionStore } from './operator-session-store.ts'

const SECRET_BYTES = 32
const LINK_SECRET = /^[\w-]{43}$/

export type OperatorSessionService = ReturnType<typeof createOperatorSessionService>

/**
 * Browsers that are the operator's for some hours, because they followed a link that was asked for with the ADMIN_KEY.
 * @param macs names the secrets: the database holds none that could be sent
 */
export function createOperatorSessionService(store: OperatorSessionStore, macs: Macs) {
  const newSecret = () => randomBytes(SECRET_BYTES).toString('base64url')

  return {
    async createLink(): Promise<OperatorLink> {
      const secret = newSecret()
      return { secret, expiresAt: await store.insertLink(randomUUIDv7(), macs.of(secret)) }
    },

    /**
     * Follows a link, which counts once.
     * @returns the secret of the session that begins; null where the link was used, has expired or never was
     */
    async redeem(linkSecret: string): Promise<string | null> {
      if (!LINK_SECRET.test(linkSecret)) return null
      const session = formatOperatorSecret(newSecret())
      return (await store.redeem(macs.candidates(linkSecret), macs.of(session))) ? session : null
    },

    /** Whether this is the secret of a session that lives. */
    isLive: async (secret: string): Promise<boolean> =>
      looksLikeOperatorSession(secret) && store.isLive(macs.candidates(secret)),

    /** Ends a session; to end it again is no error. */
    async end(secret: string): Promise<void> {
      if (looksLikeOperatorSession(secret)) await store.delete(macs.candidates(secret))
    },

    deleteExpired: store.deleteExpired,
  }
}
