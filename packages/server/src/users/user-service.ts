import { randomUUIDv7 } from 'node:crypto'
import type { UserListQuery } from '@promptmeter/contract'
import { PromptmeterError, userNotFound } from '../promptmeter-error.ts'
import { normalizeEmail, type User } from './user.ts'
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

    findByEmail: store.findByEmail,

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
      return (await store.findById(id)) ?? throwUserNotFound()
    },

    /** @throws PromptmeterError `invalid_request` when the cursor is not one of ours */
    async list(query: UserListQuery): Promise<{ users: User[]; nextCursor: string | null }> {
      const { sort = 'createdAt', order = 'asc', limit = 50, search, cursor } = query
      const after = cursor === undefined ? null : parseCursor(cursor, sort, order)
      const rows = await store.list({ search, sort, order, limit, after })
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      const nextCursor = rows.length > limit && last ? formatCursor(last.cursor, sort, order) : null
      return { users: page.map(({ user }) => user), nextCursor }
    },

    /** @throws PromptmeterError `user_not_found` */
    async update(id: string, changes: UserChanges): Promise<User> {
      return (await store.update(id, changes)) ?? throwUserNotFound()
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

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function parseCursor(cursor: string, sort: string, order: string): UserCursor {
  try {
    const [cursorSort, cursorOrder, value, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const fits = cursorSort === sort && cursorOrder === order && typeof value === 'string' && UUID.test(id)
    if (fits && isSortValue(sort, value)) return { value, id }
  } catch {
    // Not JSON: refused below.
  }
  throw new PromptmeterError('invalid_request', 'cursor must be the nextCursor of a page in the same order.')
}

function isSortValue(sort: string, value: string): boolean {
  if (sort === 'email') return !value.includes('\0')
  if (sort === 'createdAt') return /^\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?[+-]\d\d(:\d\d)?$/.test(value)
  return /^\d{1,16}$/.test(value)
}
