import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import { type AttemptLimit, type AttemptLimiter, AttemptsExceeded } from '../rate-limits/attempt-limiter.ts'
import type { Macs } from '../secret-keys.ts'
import type { OauthRecordStore, RecordName, SealedRecord } from './oauth-record-store.ts'
import type { Sealer } from './record-sealer.ts'

/** Times one user code may be entered: somebody who guesses codes gains nothing by trying one again. */
const USER_CODE_ENTRIES: AttemptLimit = { name: 'user_code_entered', attempts: 10, seconds: 15 * 60 }

/** Polls of one device in a minute: RFC 8628 (3.5) asks for one in five seconds, and twice as many are borne. */
const DEVICE_POLLS: AttemptLimit = { name: 'device_polled', attempts: 24, seconds: 60 }

export interface AdapterParts {
  readonly store: OauthRecordStore
  readonly sealer: Sealer
  readonly macs: Macs
  readonly attempts: AttemptLimiter
  /** Ends what a grant has led to: its sessions. */
  endGrant(grantMacs: readonly string[]): Promise<void>
}

/**
 * Where the OAuth server keeps what it has to remember, the same for every replica. Nothing in the database lets its
 * reader sign in: ids and codes are MACs there, payloads are encrypted.
 */
export function createRecordAdapters(parts: AdapterParts): (model: string) => Adapter {
  return (model) => (model === 'AccessToken' ? NOTHING_KEPT : createRecordAdapter(model, parts))
}

/** The library's own access tokens never leave the server, so none is kept: a session token is handed out instead. */
const NOTHING_KEPT: Adapter = {
  upsert: async () => {},
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => {},
  destroy: async () => {},
  revokeByGrantId: async () => {},
}

function createRecordAdapter(
  model: string,
  { store, sealer, macs, attempts, endGrant }: AdapterParts,
): Adapter {
  const open = async (record: SealedRecord | null): Promise<AdapterPayload | undefined> => {
    if (record === null) return undefined
    const payload = (await sealer.open(record.payload)) as AdapterPayload | null
    if (payload === null) return undefined
    return record.consumedAt === null
      ? payload
      : { ...payload, consumed: Math.floor(record.consumedAt.getTime() / 1000) }
  }
  const findBy = async (name: RecordName, value: string) =>
    open(await store.find(model, name, macs.candidates(value)))

  const endGrantOf = async (grantId: string): Promise<void> => {
    const grantMacs = macs.candidates(grantId)
    // First the grant, then its sessions: a session that begins meanwhile looks for its grant afterwards.
    await store.deleteGrant(grantMacs)
    await endGrant(grantMacs)
  }

  return {
    async upsert(id, payload, expiresIn) {
      const grantId = model === 'Grant' ? id : payload.grantId
      const [idMac = '', ...olderIdMacs] = macs.candidates(id)
      const record = {
        model,
        idMac,
        grantMac: grantId === undefined ? null : macs.of(grantId),
        userCodeMac: payload.userCode === undefined ? null : macs.of(payload.userCode),
        uidMac: payload.uid === undefined ? null : macs.of(payload.uid),
        payload: await sealer.seal(payload),
        expiresIn: expiresIn ?? null,
      }
      await store.upsert(record, olderIdMacs)
    },

    async find(id) {
      const found = await findBy('id_mac', id)
      // Only of codes that there are: guesses must not fill the table.
      if (found !== undefined && model === 'DeviceCode')
        await take(DEVICE_POLLS, id, 'slow_down', 'poll less often')
      return found
    },

    async findByUserCode(userCode) {
      const found = await findBy('user_code_mac', userCode)
      if (found !== undefined)
        await take(USER_CODE_ENTRIES, userCode, 'access_denied', 'this code was entered too often')
      return found
    },

    findByUid: (uid) => findBy('uid_mac', uid),

    /** The library looks first and consumes then; of two that looked at once, the second is a reuse. */
    async consume(id) {
      const idMacs = macs.candidates(id)
      if (await store.consume(model, idMacs)) return
      const payload = await findBy('id_mac', id)
      if (payload?.grantId !== undefined) await endGrantOf(payload.grantId)
      throw new errors.InvalidGrant('already consumed')
    },

    destroy: (id) => store.delete(model, macs.candidates(id)),

    revokeByGrantId: endGrantOf,
  }

  async function take(
    limit: AttemptLimit,
    subject: string,
    error: string,
    description: string,
  ): Promise<void> {
    try {
      await attempts.take(limit, subject)
    } catch (refusal) {
      if (!(refusal instanceof AttemptsExceeded)) throw refusal
      throw Object.assign(new errors.CustomOIDCProviderError(error, description), { statusCode: 400 })
    }
  }
}
