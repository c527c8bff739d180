import { randomUUIDv7 } from 'node:crypto'
import { retryContention } from '../database/retry-contention.ts'
import { PromptmeterError, tokenInvalid } from '../promptmeter-error.ts'
import { isId } from '../users/user.ts'
import type { ApiKeys } from './api-key.ts'
import { MAX_KEYS, type NamedKeyStore, type NewNamedKey } from './named-key-store.ts'
import type { Principal, Session } from './session.ts'
import { REVOKE_DEADLINE_MS } from './session-service.ts'
import type { SessionStore } from './session-store.ts'

export interface NamedKeyServiceParts {
  readonly store: NamedKeyStore
  readonly sessions: SessionStore
  readonly apiKeys: ApiKeys
}

export type NamedKeyService = ReturnType<typeof createNamedKeyService>

/** API keys that live beside the sign-ins of a user: each is a session without a token. */
export function createNamedKeyService({ store, sessions, apiKeys }: NamedKeyServiceParts) {
  return {
    /**
     * @param creator a live sign-in; the key takes over how its address was proven
     * @throws PromptmeterError `too_many_keys`; `token_invalid` when the creator has ended meanwhile
     */
    async create(
      creator: Principal,
      named: Omit<NewNamedKey, 'id'>,
    ): Promise<{ key: Session; apiKey: string }> {
      const id = randomUUIDv7()
      const key = await retryContention(REVOKE_DEADLINE_MS, () => store.insert(creator, { ...named, id }))
      if (key === 'ended') throw tokenInvalid()
      if (key === 'too many') {
        throw new PromptmeterError('too_many_keys', `A user may have at most ${MAX_KEYS} API keys.`)
      }
      return { key, apiKey: apiKeys.format({ userId: creator.userId, sessionId: id }) }
    },

    list: (userId: string): Promise<Session[]> => sessions.list(userId, 'key'),

    /** Ends a key; gives how many lived: ending it twice is no error. @throws PromptmeterError `key_not_found` */
    async revoke(userId: string, keyId: string): Promise<number> {
      const revoked = isId(keyId)
        ? await retryContention(REVOKE_DEADLINE_MS, () => sessions.revoke(userId, keyId, 'key'))
        : null
      if (revoked === null) throw new PromptmeterError('key_not_found', 'API key not found.')
      return revoked
    },
  }
}
