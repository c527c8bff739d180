import type { UserListQuery, UserSort } from '@promptmeter/contract'
import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { UserFilter } from './user-filter-statements.ts'

/** The last row of a page: the value it is sorted by, as text, and its id. */
export interface UserCursor {
  readonly value: string
  readonly id: string
}

const SORT_VALUES: Record<UserSort, RawBuilder<unknown>> = {
  createdAt: sql`users.created_at`,
  email: sql`users.email`,
  promptCount: sql`users.prompt_count`,
  tokenCount: sql`users.token_count`,
  costMicros: sql`users.cost_micros`,
  // Never used comes before every use, and a cursor can hold it.
  lastUsedAt: sql`coalesce(users.counted_hour, 0)`,
}

/**
 * What users are sorted by; the id comes after it. Of these filters PostgreSQL cannot know how few fit: in the order of
 * an index it could go through every user, each on another page, so there the index is kept out of it.
 */
export function sortValue(
  sort: UserSort,
  { search, standing, inactiveDays }: UserFilter,
): RawBuilder<unknown> {
  const mayBeFew = search !== undefined || standing !== undefined || inactiveDays !== undefined
  if (mayBeFew && sort === 'email') return sql`users.email || ''`
  if (mayBeFew && sort === 'createdAt') return sql`users.created_at + interval '0'`
  return SORT_VALUES[sort]
}

/** The same as text for a cursor. A time is a number there, which any forged cursor may hold and no date can fail on. */
export function cursorText(sort: UserSort): RawBuilder<string> {
  return sort === 'createdAt'
    ? sql`(extract(epoch from users.created_at) * 1000000)::bigint::text`
    : sql`${SORT_VALUES[sort]}::text`
}

/** Keyset paging: the rows behind the cursor in the order of the page. */
export function isBeyond(
  value: RawBuilder<unknown>,
  sort: UserSort,
  order: NonNullable<UserListQuery['order']>,
  after: UserCursor,
): Expression<SqlBool> {
  const operator = sql.raw(order === 'asc' ? '>' : '<')
  return sql<SqlBool>`(${value}, users.id) ${operator}
    (${cursorValue(sort, after.value)}, ${after.id}::uuid)`
}

function cursorValue(sort: UserSort, text: string): RawBuilder<unknown> {
  if (sort === 'email') return sql`${text}::text`
  if (sort === 'createdAt') return sql`'epoch'::timestamptz + ${text}::bigint * interval '1 microsecond'`
  return sql`${text}::bigint`
}
