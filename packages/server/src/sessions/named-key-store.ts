import { sql } from 'kysely'
import type { Database } from '../database/database.ts'
import { NEVER, type Principal, type Session } from './session.ts'
import { IS_LIVE, IS_LONG_ENDED, SESSION_COLUMNS, sessionFromRow } from './session-row.ts'

/** Named keys of one user that may live at once. */
export const MAX_KEYS = 100

export interface NewNamedKey {
  readonly id: string
  readonly name: string
  /** Days until it ends by itself; null for never. */
  readonly expiresInDays: number | null
}

export type NamedKeyStore = ReturnType<typeof createNamedKeyStore>

export function createNamedKeyStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    /**
     * Adds a key while the creating session lives; `too many` when as many live as may. The user's row is locked first
     * and the keys are counted by the next statement: two at once cannot both see the last free place, and none slips
     * past a revocation of them all.
     */
    insert: ({ userId, sessionId }: Principal, key: NewNamedKey): Promise<Session | 'ended' | 'too many'> =>
      kysely
        .transaction()
        .setIsolationLevel('read committed')
        .execute(async (transaction) => {
          const locked = await transaction
            .selectFrom('users')
            .select('id')
            .where('id', '=', userId)
            .where('disabled_at', 'is', null)
            .forNoKeyUpdate()
            .executeTakeFirst()
          if (locked === undefined) return 'ended'
          await transaction
            .deleteFrom('sessions')
            .where('user_id', '=', userId)
            .where(IS_LONG_ENDED)
            .execute()
          const { live } = await transaction
            .selectFrom('sessions')
            .select(sql<number>`count(*)`.as('live'))
            .where('user_id', '=', userId)
            .where('kind', '=', 'key')
            .where(IS_LIVE)
            .executeTakeFirstOrThrow()
          if (live >= MAX_KEYS) return 'too many'
          const expiresAt =
            key.expiresInDays === null
              ? sql<Date>`${NEVER.toISOString()}::timestamptz`
              : sql<Date>`now() + make_interval(days => ${key.expiresInDays}::int)`
          const row = await transaction
            .insertInto('sessions')
            .columns(['user_id', 'id', 'kind', 'client_name', 'method', 'created_at', 'expires_at'])
            .expression((from) =>
              from
                .selectFrom('sessions')
                .select((select) => [
                  'user_id',
                  sql<string>`${key.id}::uuid`.as('key_id'),
                  select.val<'key'>('key').as('kind'),
                  select.val(key.name).as('client_name'),
                  'method',
                  sql<Date>`now()`.as('created_at'),
                  expiresAt.as('expires_at'),
                ])
                .where('user_id', '=', userId)
                .where('id', '=', sessionId)
                .where('kind', '=', 'sign-in')
                .where(IS_LIVE),
            )
            .returning(SESSION_COLUMNS)
            .executeTakeFirst()
          return row === undefined ? 'ended' : sessionFromRow(row)
        }),
  }
}
