import type { SessionKind, SignInMethod } from '@promptmeter/contract'
import { sql } from 'kysely'
import type { Database, Statement } from '../database/database.ts'
import type { User } from '../users/user.ts'
import { userFromRow, userSelectionOf } from '../users/user-row.ts'
import {
  LAST_USED_GRAIN_MS,
  MAX_SESSION_AGE_MS,
  type Principal,
  RECENT_SIGN_IN_MINUTES,
  SESSION_LIFETIME_MS,
  type Session,
  type SignIn,
} from './session.ts'
import { IS_LIVE, IS_LONG_ENDED, SESSION_COLUMNS, sessionFromRow } from './session-row.ts'

/** Most sessions a list shows, newest first. */
const LIST_LIMIT = 1000

/** `last_used_at` is due to be written. */
const IS_STALE = sql`(last_used_at is null or last_used_at < now() - ${sql.lit(`${LAST_USED_GRAIN_MS} milliseconds`)}::interval)`

/** The user behind a credential and whether its session lives, as of this very statement. */
const FIND_CALLER: Statement = {
  name: 'sessions_find_caller',
  text: `select ${userSelectionOf('u')},
      s.id is not null and s.revoked_at is null and s.expires_at > now() as live,
      s.last_used_at is null or s.last_used_at < now() - interval '${LAST_USED_GRAIN_MS} milliseconds' as stale,
      s.kind, s.method, s.created_at > now() - interval '${RECENT_SIGN_IN_MINUTES} minutes' as recent
    from users u left join sessions s on s.user_id = u.id and s.id = $2
    where u.id = $1`,
}

export interface Caller {
  readonly user: User
  /** False once the session is revoked, expired or gone. */
  readonly live: boolean
  /** True when `last_used_at` is due to be written. */
  readonly stale: boolean
  /** Of what the session is; null where there is none. */
  readonly kind: SessionKind | null
  readonly method: SignInMethod | null
  /** True when it began within the last ten minutes, by the database's clock. */
  readonly recent: boolean
}

/** The moment up to which a session that is renewed now lives: whole seconds, as its token counts. */
const RENEWED_END = sql<Date>`date_trunc('second', least(
  now() + ${sql.lit(`${SESSION_LIFETIME_MS} milliseconds`)}::interval,
  created_at + ${sql.lit(`${MAX_SESSION_AGE_MS} milliseconds`)}::interval))`

/** Whose sessions end: of one kind or of both, all but the one that asks. */
export interface RevokedSessions {
  readonly kind?: SessionKind
  readonly except?: string | undefined
}

export type SessionStore = ReturnType<typeof createSessionStore>

export function createSessionStore(database: Database) {
  const { kysely } = database
  return {
    /** Starts a session unless the user is gone or disabled meanwhile; tidies the user's long ended ones. */
    async insert(
      session: Pick<Session, 'id' | 'userId' | 'createdAt' | 'expiresAt'> & SignIn,
    ): Promise<boolean> {
      await kysely.deleteFrom('sessions').where('user_id', '=', session.userId).where(IS_LONG_ENDED).execute()
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
      type Row = Parameters<typeof userFromRow>[0] &
        Omit<Caller, 'user' | 'recent'> & { recent: boolean | null }
      const [row] = await database.query<Row>(FIND_CALLER, [userId, sessionId])
      if (row === undefined) return null
      const { live, stale, kind, method } = row
      return { user: userFromRow(row), live, stale, kind, method, recent: row.recent ?? false }
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

    /**
     * Gives a sign-in that has less than half of its life left a whole one, up to its greatest age. The guard is in the
     * write, so of two at once one moves the end and both read the same.
     * @returns when it ends now, or null when it lives no more
     */
    async renew({ userId, sessionId }: Principal): Promise<{ expiresAt: Date; renewed: boolean } | null> {
      const renewed = await kysely
        .updateTable('sessions')
        .set({ expires_at: RENEWED_END })
        .where('user_id', '=', userId)
        .where('id', '=', sessionId)
        .where('kind', '=', 'sign-in')
        .where(IS_LIVE)
        .where(
          sql<boolean>`expires_at < now() + ${sql.lit(`${SESSION_LIFETIME_MS / 2} milliseconds`)}::interval`,
        )
        .where(sql<boolean>`expires_at < ${RENEWED_END}`)
        .returning('expires_at')
        .executeTakeFirst()
      if (renewed !== undefined) return { expiresAt: renewed.expires_at, renewed: true }
      const kept = await kysely
        .selectFrom('sessions')
        .select('expires_at')
        .where('user_id', '=', userId)
        .where('id', '=', sessionId)
        .where('kind', '=', 'sign-in')
        .where(IS_LIVE)
        .executeTakeFirst()
      return kept === undefined ? null : { expiresAt: kept.expires_at, renewed: false }
    },

    /** Those that live or ended lately, newest first; of both kinds when none is named. */
    async list(userId: string, kind?: SessionKind): Promise<Session[]> {
      const rows = await kysely
        .selectFrom('sessions')
        .select(SESSION_COLUMNS)
        .where('user_id', '=', userId)
        .where(sql<boolean>`not ${IS_LONG_ENDED}`)
        .$if(kind !== undefined, (query) => query.where('kind', '=', kind as SessionKind))
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(LIST_LIMIT)
        .execute()
      return rows.map(sessionFromRow)
    },

    /** Ends one session. Gives 1 when it lived, 0 when it had ended, null when there is none, or none of this kind. */
    async revoke(userId: string, sessionId: string, kind?: SessionKind): Promise<number | null> {
      const revoked = await kysely
        .updateTable('sessions')
        .set({ revoked_at: sql`now()` })
        .where('user_id', '=', userId)
        .where('id', '=', sessionId)
        .where(IS_LIVE)
        .$if(kind !== undefined, (query) => query.where('kind', '=', kind as SessionKind))
        .executeTakeFirst()
      if (revoked.numUpdatedRows > 0n) return 1
      const known = await kysely
        .selectFrom('sessions')
        .select('id')
        .where('user_id', '=', userId)
        .where('id', '=', sessionId)
        .$if(kind !== undefined, (query) => query.where('kind', '=', kind as SessionKind))
        .executeTakeFirst()
      return known ? 0 : null
    },

    /**
     * Ends many sessions of a user; gives how many lived. The user's row is locked first: a key that is being made is
     * there when the next statement looks, or finds its creator ended.
     */
    revokeAll: (userId: string, { kind, except }: RevokedSessions): Promise<number> =>
      kysely
        .transaction()
        .setIsolationLevel('read committed')
        .execute(async (transaction) => {
          await transaction
            .selectFrom('users')
            .select('id')
            .where('id', '=', userId)
            .forNoKeyUpdate()
            .execute()
          const revoked = await transaction
            .updateTable('sessions')
            .set({ revoked_at: sql`now()` })
            .where('user_id', '=', userId)
            .where(IS_LIVE)
            .$if(kind !== undefined, (query) => query.where('kind', '=', kind as SessionKind))
            .$if(except !== undefined, (query) => query.where('id', '!=', except as string))
            .executeTakeFirst()
          return Number(revoked.numUpdatedRows)
        }),

    async revokeGrant(grantMacs: readonly string[]): Promise<void> {
      await kysely
        .updateTable('sessions')
        .set({ revoked_at: sql`now()` })
        .where('grant_mac', 'in', grantMacs)
        .where('revoked_at', 'is', null)
        .execute()
    },
  }
}
