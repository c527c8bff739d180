import { sql } from 'kysely'
import type { Database } from '../database/database.ts'
import { CODE_LIFETIME_MINUTES, MAX_LIVE_CHALLENGES, MAX_TRIES } from './challenge.ts'

export interface NewChallenge {
  readonly id: string
  readonly email: string
  readonly network: string
  readonly codeMac: string
}

export interface TriedChallenge {
  readonly email: string
  readonly network: string
  readonly codeMac: string
}

export type ChallengeStore = ReturnType<typeof createChallengeStore>

/** How many of the latest sign-ins say which networks are known. */
const RECENT_SIGN_INS = 200

const LIFETIME = sql.raw(`interval '${CODE_LIFETIME_MINUTES} minutes'`)

export function createChallengeStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    /**
     * Takes a free slot of the address and network, or gives the seconds until one is free. A slot is free once its
     * challenge was used or has expired; each is taken by one guarded write, so two calls never share one.
     */
    async insert({ id, email, network, codeMac }: NewChallenge): Promise<null | { freeInSeconds: number }> {
      for (let slot = 1; slot <= MAX_LIVE_CHALLENGES; slot++) {
        const taken = await kysely
          .insertInto('challenges')
          .values({
            email,
            network,
            slot,
            id,
            code_mac: codeMac,
            expires_at: sql<Date>`now() + ${LIFETIME}`,
            used_at: null,
          })
          .onConflict((conflict) =>
            conflict
              .columns(['email', 'network', 'slot'])
              .doUpdateSet((row) => ({
                id: row.ref('excluded.id'),
                code_mac: row.ref('excluded.code_mac'),
                expires_at: row.ref('excluded.expires_at'),
                tries: 0,
                used_at: null,
              }))
              .where((row) =>
                row.or([
                  row('challenges.expires_at', '<=', sql<Date>`now()`),
                  row('challenges.used_at', 'is not', null),
                ]),
              ),
          )
          .executeTakeFirst()
        if (taken.numInsertedOrUpdatedRows === 1n) return null
      }
      const { seconds } = await kysely
        .selectFrom('challenges')
        .select(sql<number>`ceil(extract(epoch from min(expires_at) - now()))::int`.as('seconds'))
        .where('email', '=', email)
        .where('network', '=', network)
        .executeTakeFirstOrThrow()
      return { freeInSeconds: Math.max(1, seconds) }
    },

    /** Counts one try, or gives null where no more counts: the guarded write is the check. */
    async tryOnce(id: string): Promise<TriedChallenge | null> {
      const row = await kysely
        .updateTable('challenges')
        .set({ tries: sql`tries + 1` })
        .where('id', '=', id)
        .where('tries', '<', MAX_TRIES)
        .where('used_at', 'is', null)
        .where('expires_at', '>', sql<Date>`now()`)
        .returning(['email', 'network', 'code_mac'])
        .executeTakeFirst()
      return row ? { email: row.email, network: row.network, codeMac: row.code_mac } : null
    },

    /** True for the one call that uses it. */
    async use(id: string): Promise<boolean> {
      const used = await kysely
        .updateTable('challenges')
        .set({ used_at: sql`now()` })
        .where('id', '=', id)
        .where('used_at', 'is', null)
        .where('expires_at', '>', sql<Date>`now()`)
        .executeTakeFirst()
      return used.numUpdatedRows === 1n
    },

    async findEmail(id: string): Promise<string | null> {
      const row = await kysely
        .selectFrom('challenges')
        .select('email')
        .where('id', '=', id)
        .executeTakeFirst()
      return row?.email ?? null
    },

    /** Where the latest sign-ins by this address came from, of the last 30 days. */
    async recentAddresses(email: string): Promise<string[]> {
      const rows = await kysely
        .selectFrom('users')
        .innerJoin('audit_events', 'audit_events.user_id', 'users.id')
        .select('audit_events.ip')
        .where('users.email', '=', email)
        .where('audit_events.action', '=', 'sign_in')
        .where('audit_events.at', '>', sql<Date>`now() - interval '30 days'`)
        .where('audit_events.ip', 'is not', null)
        .orderBy('audit_events.at', 'desc')
        .limit(RECENT_SIGN_INS)
        .execute()
      return rows.map(({ ip }) => ip as string)
    },

    async deleteExpired(): Promise<void> {
      await kysely.deleteFrom('challenges').where('expires_at', '<', sql<Date>`now()`).execute()
    },
  }
}
