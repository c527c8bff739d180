import type { Overrides, Role, UserListQuery, UserSort } from '@promptmeter/contract'
import { type Expression, type SqlBool, sql } from 'kysely'
import type { Database } from '../database/database.ts'
import type { UsersTable } from '../database/tables.ts'
import type { User } from './user.ts'
import { USER_SELECTION, userFromRow } from './user-row.ts'

const SORT_COLUMNS = {
  createdAt: 'created_at',
  email: 'email',
  promptCount: 'prompt_count',
  tokenCount: 'token_count',
  costMicros: 'cost_micros',
  lastUsedAt: 'counted_hour',
} as const satisfies Record<UserSort, keyof UsersTable>

/** When a user was added, as a number that any forged cursor may hold and no date can fail on. */
const MICROSECONDS = sql`(extract(epoch from created_at) * 1000000)::bigint`

/** The last row of a page: its value in the sort column, as text, and its id. */
export interface UserCursor {
  readonly value: string
  readonly id: string
}

export interface UserPage {
  readonly email: string | undefined
  readonly search: string | undefined
  readonly sort: UserSort
  readonly order: NonNullable<UserListQuery['order']>
  readonly limit: number
  readonly after: UserCursor | null
}

export interface NewUser {
  readonly id: string
  readonly email: string
  readonly threshold: number | null
  readonly plan: string
}

export interface UserChanges {
  readonly threshold?: number | null | undefined
  readonly plan?: string | undefined
  /** Replaced as a whole. */
  readonly overrides?: Overrides | null | undefined
  readonly disabled?: boolean | undefined
  readonly role?: Role | undefined
}

export type UserStore = ReturnType<typeof createUserStore>

export function createUserStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    /** Adds a user; null when the address is taken. */
    async insert({ id, email, threshold, plan }: NewUser): Promise<User | null> {
      const row = await kysely
        .insertInto('users')
        .values({ id, email, threshold, plan })
        .onConflict((conflict) => conflict.column('email').doNothing())
        .returning(USER_SELECTION)
        .executeTakeFirst()
      return row ? userFromRow(row) : null
    },

    async findByEmail(email: string): Promise<User | null> {
      const row = await kysely
        .selectFrom('users')
        .select(USER_SELECTION)
        .where('email', '=', email)
        .executeTakeFirst()
      return row ? userFromRow(row) : null
    },

    async findById(id: string): Promise<User | null> {
      const row = await kysely
        .selectFrom('users')
        .select(USER_SELECTION)
        .where('id', '=', id)
        .executeTakeFirst()
      return row ? userFromRow(row) : null
    },

    /** One page and one row more, which tells whether another page follows. */
    async list({
      email,
      search,
      sort,
      order,
      limit,
      after,
    }: UserPage): Promise<{ user: User; cursor: UserCursor }[]> {
      const column = SORT_COLUMNS[sort]
      const text = sql<string>`${column === 'created_at' ? MICROSECONDS : sql.ref(column)}::text`
      let query = kysely
        .selectFrom('users')
        .select([...USER_SELECTION, text.as('cursor_value')])
        .orderBy(column, order)
        .orderBy('id', order)
        .limit(limit + 1)
      if (email !== undefined) query = query.where('email', '=', email)
      if (search !== undefined)
        query = query.where('email', 'like', `%${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`)
      if (after !== null) query = query.where(isBeyond(column, order, after))
      const rows = await query.execute()
      return rows.map((row) => ({ user: userFromRow(row), cursor: { value: row.cursor_value, id: row.id } }))
    },

    async update(
      id: string,
      { threshold, plan, overrides, disabled, role }: UserChanges,
    ): Promise<User | null> {
      const row = await kysely
        .updateTable('users')
        .set({
          id,
          ...(threshold !== undefined && { threshold }),
          ...(plan !== undefined && { plan }),
          ...(role !== undefined && { role }),
          ...(overrides !== undefined && { overrides: overrides && JSON.stringify(overrides) }),
          ...(disabled !== undefined && {
            disabled_at: disabled ? sql<Date>`coalesce(disabled_at, now())` : null,
          }),
        })
        .where('id', '=', id)
        .returning(USER_SELECTION)
        .executeTakeFirst()
      return row ? userFromRow(row) : null
    },
  }
}

/** Keyset paging: the rows behind the cursor in the order of the page. */
function isBeyond(column: string, order: 'asc' | 'desc', after: UserCursor): Expression<SqlBool> {
  const operator = sql.raw(order === 'asc' ? '>' : '<')
  const value = {
    created_at: sql`'epoch'::timestamptz + ${after.value}::bigint * interval '1 microsecond'`,
    email: sql`${after.value}::text`,
  }[column]
  return sql<SqlBool>`(${sql.ref(column)}, id) ${operator}
    (${value ?? sql`${after.value}::bigint`}, ${after.id}::uuid)`
}
