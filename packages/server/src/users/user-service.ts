import { randomUUIDv7 } from 'node:crypto'
import type { UserListQuery } from '@promptmeter/contract'
import { PromptmeterError, userNotFound } from '../promptmeter-error.ts'
import { isId, normalizeEmail, type User } from './user.ts'
import type { UserChanges, UserCursor, UserStore } from './user-store.ts'

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

    /** @throws PromptmeterError `user_exists` */
    async add(email: string, threshold: number | null = null): Promise<User> {
      const user = await store.insert(randomUUIDv7(), email, threshold)
      if (user === null) throw new PromptmeterError('user_exists', `There is a user ${email} already.`)
      return user
    },

    /** The user with this address, added if there was none; two calls at once add one. */
    async findOrAdd(email: string): Promise<User> {
      const known = await store.findByEmail(email)
      if (known !== null) return known
      const added = await store.insert(randomUUIDv7(), email, null)
      return added ?? (await this.getByEmail(email))
    },

    /** @throws PromptmeterError `user_not_found` */
    async getByEmail(email: string): Promise<User> {
      return (await store.findByEmail(email)) ?? throwUserNotFound()
    },

    /** @throws PromptmeterError `user_not_found` */
    async getById(id: string): Promise<User> {
      return (isId(id) && (await store.findById(id))) || throwUserNotFound()
    },

    /** @throws PromptmeterError `invalid_request` when the cursor is not one of ours, `email_required`, `email_invalid` */
    async list(query: UserListQuery): Promise<{ users: User[]; nextCursor: string | null }> {
      const { sort = 'createdAt', order = 'asc', limit = 50, search, cursor } = query
      const email = query.email === undefined ? undefined : this.requireEmail(query.email)
      const after = cursor === undefined ? null : parseCursor(cursor, sort, order)
      const rows = await store.list({ email, search, sort, order, limit, after })
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      const nextCursor = rows.length > limit && last ? formatCursor(last.cursor, sort, order) : null
      return { users: page.map(({ user }) => user), nextCursor }
    },

    /** @throws PromptmeterError `user_not_found` */
    async update(id: string, changes: UserChanges): Promise<User> {
      return (isId(id) && (await store.update(id, changes))) || throwUserNotFound()
    },
  }
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
