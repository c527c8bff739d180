import { sql } from 'kysely'
import type { Database } from '../database/database.ts'
import { OPERATOR_LINK_SECONDS, OPERATOR_SESSION_SECONDS } from './operator-session.ts'

export type OperatorSessionStore = ReturnType<typeof createOperatorSessionStore>

const LINK_END = sql<Date>`now() + ${sql.lit(`${OPERATOR_LINK_SECONDS} seconds`)}::interval`
const SESSION_END = sql<Date>`now() + ${sql.lit(`${OPERATOR_SESSION_SECONDS} seconds`)}::interval`

export function createOperatorSessionStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    /** @returns until when the link may be followed */
    async insertLink(id: string, linkMac: string): Promise<Date> {
      const { link_expires_at } = await kysely
        .insertInto('operator_sessions')
        .values({ id, link_mac: linkMac, link_expires_at: LINK_END, session_mac: null, expires_at: null })
        .returning('link_expires_at')
        .executeTakeFirstOrThrow()
      return link_expires_at
    },

    /** True for the one call that follows the link: the guarded write is the check. */
    async redeem(linkMacs: readonly string[], sessionMac: string): Promise<boolean> {
      const redeemed = await kysely
        .updateTable('operator_sessions')
        .set({ session_mac: sessionMac, expires_at: SESSION_END })
        .where('link_mac', 'in', linkMacs)
        .where('session_mac', 'is', null)
        .where('link_expires_at', '>', sql<Date>`now()`)
        .executeTakeFirst()
      return redeemed.numUpdatedRows === 1n
    },

    async isLive(sessionMacs: readonly string[]): Promise<boolean> {
      const row = await kysely
        .selectFrom('operator_sessions')
        .select('id')
        .where('session_mac', 'in', sessionMacs)
        .where('expires_at', '>', sql<Date>`now()`)
        .executeTakeFirst()
      return row !== undefined
    },

    async delete(sessionMacs: readonly string[]): Promise<void> {
      await kysely.deleteFrom('operator_sessions').where('session_mac', 'in', sessionMacs).execute()
    },

    async deleteExpired(): Promise<void> {
      await kysely
        .deleteFrom('operator_sessions')
        .where(sql<Date>`coalesce(expires_at, link_expires_at)`, '<', sql<Date>`now()`)
        .execute()
    },
  }
}
