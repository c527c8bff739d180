import { type Selectable, sql } from 'kysely'
import type { Database, Statement } from '../database/database.ts'
import type { SessionsTable } from '../database/tables.ts'
import type { User } from '../users/user.ts'
import { userFromRow, userSelectionOf } from '../users/user-row.ts'
import { LAST_USED_GRAIN_MS, type Principal, type Session, type SignIn } from './session.ts'

const COLUMNS = [
  'user_id',
  'id',
  'client_name',
  'method',
  'created_at',
  'expires_at',
  'revoked_at',
  'last_used_at',
] as const

/** How long an ended session stays listed. */
const KEPT_AFTER_END = '30 days'

/** Most sessions a list shows, newest first. */
const LIST_LIMIT = 1000

/** `last_used_at` is due to be written. */
const IS_STALE = sql`(last_used_at is null or last_used_at < now() - ${sql.lit(`${LAST_USED_GRAIN_MS} milliseconds`)}::interval)`

/** The user behind a credential and whether its session lives, as of this very statement. */
const FIND_CALLER: Statement = {
  name: 'sessions_find_caller',
  text: `select ${userSelectionOf('u')},
      s.id is not null and s.revoked_at is null and s.expires_at > now() as live,
      s.last_used_at is null or s.last_used_at < now() - interval '${LAST_USED_GRAIN_MS} milliseconds' as stale
    from users u left join sessions s on s.user_id = u.id and s.id = $2
    where u.id = $1`,
}

export interface Caller {
  readonly user: User
  /** False once the session is revoked, expired or gone. */
  readonly live: boolean
  /** True when `last_used_at` is due to be written. */
  readonly stale: boolean
}

export type SessionStore = ReturnType<typeof createSessionStore>

export function createSessionStore(database: Database) {
  const { kysely } = database
  return {
    /** Starts a session unless the user is gone or disabled meanwhile; tidies the user's long ended ones. */
    async insert(
      session: Pick<Session, 'id' | 'userId' | 'createdAt' | 'expiresAt'> & SignIn,
    ): Promise<boolean> {
      await kysely
        .deleteFrom('sessions')
        .where('user_id', '=', session.userId)
        .where(sql<boolean>`least(expires_at, revoked_at) < now() - interval '${sql.raw(KEPT_AFTER_END)}'`)
        .execute()
      const inserted = await kysely
        .insertInto('sessions')
        .columns(['user_id', 'id', 'client_name', 'method', 'grant_mac', 'created_at', 'expires_at'])
        .expression((from) =>
          from
            .selectFrom('users')
            .select((select) => [
              'id',
              sql<string>`${session.id}::uuid`.as('session_id'),
              select.val(session.clientName).as('client_name'),
              select.val(session.method).as('method'),
              select.val(session.grantMac ?? null).as('grant_mac'),
              sql<Date>`${session.createdAt.toISOString()}::timestamptz`.as('created_at'),
              sql<Date>`${session.expiresAt.toISOString()}::timestamptz`.as('expires_at'),
            ])
            .where('id', '=', session.userId)
            .where('disabled_at', 'is', null)
            // Waits for a removal that is under way, and then finds nobody.
            .forKeyShare(),
        )
        .executeTakeFirst()
      return inserted.numInsertedOrUpdatedRows === 1n
    },

    async findCaller({ userId, sessionId }: Principal): Promise<Caller | null> {
      type Row = Parameters<typeof userFromRow>[0] & { live: boolean; stale: boolean }
      const [row] = await database.query<Row>(FIND_CALLER, [userId, sessionId])
      return row ? { user: userFromRow(row), live: row.live, stale: row.stale } : null
    },

    async touch({ userId, sessionId }: Principal): Promise<void> {
      await kysely
        .updateTable('sessions')
        .set({ last_used_at: sql`now()` })
        .where('user_id', '=', userId)
        .where('id', '=', sessionId)
        .where(sql<boolean>`${IS_STALE}`)
        .execute()
    },

    async list(userId: string): Promise<Session[]> {
      const rows = await kysely
        .selectFrom('sessions')
        .select(COLUMNS)
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(LIST_LIMIT)
        .execute()
      return rows.map(sessionFromRow)
    },

    async revokeGrant(grantMacs: readonly string[]): Promise<void> {
      await kysely
        .updateTable('sessions')
        .set({ revoked_at: sql`now()` })
        .where('grant_mac', 'in', grantMacs)
        .where('revoked_at', 'is', null)
        .execute()
    },

    /** Ends one session, or all when `sessionId` is null. Gives how many lived, or null when there is no such session. */
    async revoke(userId: string, sessionId: string | null): Promise<number | null> {
      const revoked = await kysely
        .updateTable('sessions')
        .set({ revoked_at: sql`now()` })
        .where('user_id', '=', userId)
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', sql<Date>`now()`)
        .$if(sessionId !== null, (query) => query.where('id', '=', sessionId as string))
        .executeTakeFirst()
      const count = Number(revoked.numUpdatedRows)
      if (count > 0 || sessionId === null) return count
      const known = await kysely
        .selectFrom('sessions')
        .select('id')
        .where('user_id', '=', userId)
        .where('id', '=', sessionId)
        .executeTakeFirst()
      return known ? 0 : null
    },
  }
}

function sessionFromRow(row: Pick<Selectable<SessionsTable>, (typeof COLUMNS)[number]>): Session {
  return {
    id: row.id,
    userId: row.user_id,
    clientName: row.client_name,
    method: row.method,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }
}
