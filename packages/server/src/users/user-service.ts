import { randomUUIDv7 } from 'node:crypto'
import { DEFAULT_PLAN, type ExportUsersQuery, type UserListQuery } from '@promptmeter/contract'
import { isForeignKeyViolation } from '../database/database-errors.ts'
import { PromptmeterError, userNotFound } from '../promptmeter-error.ts'
import { planNotFound, refuseRepeatedLimits } from '../quotas/plan-service.ts'
import { isId, normalizeEmail, type User } from './user.ts'
import type { UserFilter } from './user-filter-statements.ts'
import type { UserCursor } from './user-order-statements.ts'
import type { UserChanges, UserPage, UserStore } from './user-store.ts'

/** Users read by one statement, and so what one export keeps in memory. */
const USERS_PER_PAGE = 1000

export type UserService = ReturnType<typeof createUserService>

export function createUserService(store: UserStore) {
  return {
    /**
     * @throws PromptmeterError `email_required`, `email_invalid`
     */
    requireEmail(email: unknown): string {
      if (typeof email !== 'string' || email.trim() === '') {
        throw new PromptmeterError('email_required', 'Email is required.')
      }
      const normalized = normalizeEmail(email)
      if (normalized === null) throw new PromptmeterError('email_invalid', 'Email is invalid.')
      return normalized
    },

    /** @throws PromptmeterError `user_exists`, `plan_not_found` */
    async add(email: string, threshold: number | null = null, plan: string = DEFAULT_PLAN): Promise<User> {
      const id = randomUUIDv7()
      const user = await store.insert({ id, email, threshold, plan }).catch(refuseUnknownPlan)
      if (user === null) throw new PromptmeterError('user_exists', `There is a user ${email} already.`)
      return user
    },

    /** The user with this address, added if there was none; two calls at once add one. */
    async findOrAdd(email: string): Promise<User> {
      const known = await store.findByEmail(email)
      if (known !== null) return known
      const added = await store.insert({ id: randomUUIDv7(), email, threshold: null, plan: DEFAULT_PLAN })
      return added ?? (await this.getByEmail(email))
    },

    findByEmail: (email: string): Promise<User | null> => store.findByEmail(email),

    /** @throws PromptmeterError `user_not_found` */
    async getByEmail(email: string): Promise<User> {
      return (await store.findByEmail(email)) ?? throwUserNotFound()
    },

    findById: (id: string): Promise<User | null> => (isId(id) ? store.findById(id) : Promise.resolve(null)),

    /** @throws PromptmeterError `user_not_found` */
    async getById(id: string): Promise<User> {
      return (isId(id) && (await store.findById(id))) || throwUserNotFound()
    },

    /** @throws PromptmeterError `invalid_request` when the cursor is not one of ours, `email_required`, `email_invalid` */
    async list(query: UserListQuery): Promise<{ users: User[]; nextCursor: string | null }> {
      const { sort = 'createdAt', order = 'asc', limit = 50, cursor, ...filter } = query
      const after = cursor === undefined ? null : parseCursor(cursor, sort, order)
      const rows = await store.list({ filter: this.readFilter(filter), sort, order, limit, after })
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      const nextCursor = rows.length > limit && last ? formatCursor(last.cursor, sort, order) : null
      return { users: page.map(({ user }) => user), nextCursor }
    },

    /** @throws PromptmeterError `email_required`, `email_invalid` */
    readFilter(filter: UserFilter): UserFilter {
      return filter.email === undefined ? filter : { ...filter, email: this.requireEmail(filter.email) }
    },

    /**
     * Every user that is meant, in pages; a page is read once it is asked for. Who changes place meanwhile may come
     * twice or not at all.
     * @throws PromptmeterError `email_required`, `email_invalid`, at once
     */
    pages({ sort = 'createdAt', order = 'asc', ...filter }: ExportUsersQuery): AsyncGenerator<User[]> {
      return readPages(store, { filter: this.readFilter(filter), sort, order, limit: USERS_PER_PAGE })
    },

    /**
     * @throws PromptmeterError `user_not_found`, `plan_not_found`; `invalid_request` when two overrides are of the same
     *   limit, or one is of the threshold
     */
    async update(id: string, changes: UserChanges): Promise<User> {
      const limits = changes.overrides?.limits ?? []
      refuseRepeatedLimits(limits)
      if (limits.some(({ meter, window }) => meter === 'prompts' && window === 'lifetime')) {
        throw new PromptmeterError('invalid_request', 'Set threshold: it is the lifetime limit on prompts.')
      }
      const updated = isId(id) && (await store.update(id, changes).catch(refuseUnknownPlan))
      return updated || throwUserNotFound()
    },
  }
}

async function* readPages(store: UserStore, order: Omit<UserPage, 'after'>): AsyncGenerator<User[]> {
  let after: UserCursor | null = null
  for (;;) {
    const rows = await store.list({ ...order, after })
    const page = rows.slice(0, order.limit)
    if (page.length > 0) yield page.map(({ user }) => user)
    if (rows.length <= order.limit) return
    after = page.at(-1)?.cursor ?? null
  }
}

function refuseUnknownPlan(error: unknown): never {
  throw isForeignKeyViolation(error) ? planNotFound() : error
}

function throwUserNotFound(): never {
  throw userNotFound()
}

/** A cursor names its order too: followed under another one it would skip users unseen. */
function formatCursor({ value, id }: UserCursor, sort: string, order: string): string {
  return Buffer.from(JSON.stringify([sort, order, value, id])).toString('base64url')
}

function parseCursor(cursor: string, sort: string, order: string): UserCursor {
  try {
    const [cursorSort, cursorOrder, value, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const fits = cursorSort === sort && cursorOrder === order && typeof value === 'string' && isId(id)
    if (fits && isSortValue(sort, value)) return { value, id }
  } catch {
    // Not JSON: refused below.
  }
  throw new PromptmeterError('invalid_request', 'cursor must be the nextCursor of a page in the same order.')
}

function isSortValue(sort: string, value: string): boolean {
  if (sort === 'email') return !value.includes('\0')
  return /^-?\d{1,16}$/.test(value)
}
