import type { Overrides, Role, UserListQuery, UserSort } from '@promptmeter/contract'
import { sql } from 'kysely'
import type { Database } from '../database/database.ts'
import { readPlansNow } from './plans-now-store.ts'
import type { User } from './user.ts'
import { type UserFilter, userConditions } from './user-filter-statements.ts'
import { cursorText, isBeyond, sortValue, type UserCursor } from './user-order-statements.ts'
import { USER_SELECTION, userFromRow } from './user-row.ts'

export interface UserPage {
  readonly filter: UserFilter
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
    async list(page: UserPage): Promise<{ user: User; cursor: UserCursor }[]> {
      const { filter, sort, order, limit, after } = page
      const plansNow = filter.standing === undefined ? null : await readPlansNow(kysely)
      const value = sortValue(sort, filter)
      // Ids first: sorting all the users there are with every column would take several times as long.
      let ids = kysely
        .selectFrom('users')
        .select('users.id')
        .orderBy(value, order)
        .orderBy('users.id', order)
        .limit(limit + 1)
      for (const condition of userConditions(filter, plansNow)) ids = ids.where(condition)
      if (after !== null) ids = ids.where(isBeyond(value, sort, order, after))
      const rows = await kysely
        .selectFrom('users')
        .select([...USER_SELECTION, cursorText(sort).as('cursor_value')])
        .where('users.id', 'in', ids)
        .orderBy(value, order)
        .orderBy('users.id', order)
        .execute()
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
