import { type Expression, type SqlBool, sql } from 'kysely'
import type { Database } from '../database/database.ts'
import type { OauthRecordsTable } from '../database/tables.ts'

/** A record as it lies in the database: its names as MACs, its payload sealed. */
export interface SealedRecord {
  readonly payload: string
  readonly consumedAt: Date | null
}

export interface NewRecord {
  readonly model: string
  readonly idMac: string
  readonly grantMac: string | null
  readonly userCodeMac: string | null
  readonly uidMac: string | null
  readonly payload: string
  /** Seconds from now. */
  readonly expiresIn: number | null
}

/** By what a record may be looked up; each value may have been written under one of several secrets. */
export type RecordName = 'id_mac' | 'user_code_mac' | 'uid_mac'

export type OauthRecordStore = ReturnType<typeof createOauthRecordStore>

export function createOauthRecordStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    /** @param olderIdMacs what the same id was called under secrets that were replaced */
    async upsert(record: NewRecord, olderIdMacs: readonly string[]): Promise<void> {
      const { model, idMac, grantMac, userCodeMac, uidMac, payload, expiresIn } = record
      if (olderIdMacs.length > 0) {
        // Two rows of one record would be found by turns.
        await kysely
          .updateTable('oauth_records')
          .set({ id_mac: idMac })
          .where('model', '=', model)
          .where(isAnyOf('id_mac', olderIdMacs))
          .execute()
      }
      const columns = {
        grant_mac: grantMac,
        user_code_mac: userCodeMac,
        uid_mac: uidMac,
        payload,
        expires_at: expiresIn === null ? null : sql<Date>`now() + ${expiresIn} * interval '1 second'`,
      }
      await kysely
        .insertInto('oauth_records')
        .values({ model, id_mac: idMac, consumed_at: null, ...columns })
        .onConflict((conflict) => conflict.columns(['model', 'id_mac']).doUpdateSet(columns))
        .execute()
    },

    /** Expired ones too: the library tells an expired code from one that never was (RFC 8628, 3.5). */
    async find(model: string, name: RecordName, macs: readonly string[]): Promise<SealedRecord | null> {
      const row = await kysely
        .selectFrom('oauth_records')
        .select(['payload', 'consumed_at'])
        .where('model', '=', model)
        .where(isAnyOf(name, macs))
        .executeTakeFirst()
      return row ? { payload: row.payload, consumedAt: row.consumed_at } : null
    },

    /** True for the one call that consumes it: the guarded write is the check. */
    async consume(model: string, idMacs: readonly string[]): Promise<boolean> {
      const consumed = await kysely
        .updateTable('oauth_records')
        .set({ consumed_at: sql`now()` })
        .where('model', '=', model)
        .where(isAnyOf('id_mac', idMacs))
        .where('consumed_at', 'is', null)
        .executeTakeFirst()
      return consumed.numUpdatedRows === 1n
    },

    async delete(model: string, idMacs: readonly string[]): Promise<void> {
      await kysely
        .deleteFrom('oauth_records')
        .where('model', '=', model)
        .where(isAnyOf('id_mac', idMacs))
        .execute()
    },

    /** Deletes everything of a grant, the grant itself among it. */
    async deleteGrant(grantMacs: readonly string[]): Promise<void> {
      await kysely.deleteFrom('oauth_records').where(isAnyOf('grant_mac', grantMacs)).execute()
    },

    /** An hour later: until then whoever comes late is told so. */
    async deleteExpired(): Promise<void> {
      await kysely
        .deleteFrom('oauth_records')
        .where('expires_at', '<', sql<Date>`now() - interval '1 hour'`)
        .execute()
    },
  }
}

function isAnyOf(column: keyof OauthRecordsTable, macs: readonly string[]): Expression<SqlBool> {
  return sql<SqlBool>`${sql.ref(column)} in (${sql.join(macs.map((mac) => sql`${mac}`))})`
}
