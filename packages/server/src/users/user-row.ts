import type { Selectable } from 'kysely'
import type { UsersTable } from '../database/tables.ts'
import type { User } from './user.ts'

/** What a statement selects to make a `User`. */
export const USER_COLUMNS = [
  'id',
  'email',
  'prompt_count',
  'token_count',
  'threshold',
  'disabled_at',
  'created_at',
] as const

export type UserRow = Pick<Selectable<UsersTable>, (typeof USER_COLUMNS)[number]>

export function userFromRow(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    promptCount: row.prompt_count,
    tokenCount: row.token_count,
    thresholdOverride: row.threshold,
    disabled: row.disabled_at !== null,
    createdAt: row.created_at,
  }
}
