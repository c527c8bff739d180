import type { UserListQuery, UserSort } from '@promptmeter/contract'

/** Which users are asked for; what is undefined does not matter. */
export type UserFilters = Pick<
  UserListQuery,
  'search' | 'plan' | 'standing' | 'disabled' | 'inactiveDays' | 'role'
>

export interface UserOrder {
  readonly sort: UserSort
  readonly order: 'asc' | 'desc'
}

/** What the list is sorted by, and where that begins when it is chosen. */
const FIRST_ORDERS: Readonly<Record<UserSort, UserOrder['order']>> = {
  createdAt: 'desc',
  email: 'asc',
  promptCount: 'desc',
  tokenCount: 'desc',
  costMicros: 'desc',
  lastUsedAt: 'desc',
}
const SORTS = Object.keys(FIRST_ORDERS) as UserSort[]

/** Longest absence that the server can look for, in days. */
const MAX_INACTIVE_DAYS = 3650

type Read = (name: string) => string | null

/** The filters that stand in the address, under the names that the API has for them. What cannot be one is passed over. */
export function readFilters(read: Read): UserFilters {
  const disabled = oneOf(read('disabled'), ['true', 'false'])
  const days = Number(read('inactiveDays'))
  const filters = {
    search: read('search')?.trim().slice(0, 254) || undefined,
    plan: read('plan')?.slice(0, 64) || undefined,
    standing: oneOf(read('standing'), ['near', 'reached']),
    disabled: disabled === undefined ? undefined : disabled === 'true',
    inactiveDays: Number.isInteger(days) && days >= 1 && days <= MAX_INACTIVE_DAYS ? days : undefined,
    role: oneOf(read('role'), ['member', 'admin']),
  }
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))
}

/** Newest first, where the address says nothing else. */
export function readOrder(read: Read): UserOrder {
  const sort = oneOf(read('sort'), SORTS) ?? 'createdAt'
  return { sort, order: oneOf(read('order'), ['asc', 'desc']) ?? FIRST_ORDERS[sort] }
}

/** What choosing a column does: the other way round where the list is sorted by it already. */
export function orderAfter({ sort, order }: UserOrder, chosen: UserSort): UserOrder {
  if (sort !== chosen) return { sort: chosen, order: FIRST_ORDERS[chosen] }
  return { sort, order: order === 'asc' ? 'desc' : 'asc' }
}

const ORDER_NAMES: Readonly<Record<UserSort, Readonly<Record<UserOrder['order'], string>>>> = {
  createdAt: { desc: 'Newest first', asc: 'Oldest first' },
  email: { asc: 'Email, A to Z', desc: 'Email, Z to A' },
  promptCount: { desc: 'Most prompts first', asc: 'Fewest prompts first' },
  tokenCount: { desc: 'Most tokens first', asc: 'Fewest tokens first' },
  costMicros: { desc: 'Highest cost first', asc: 'Lowest cost first' },
  lastUsedAt: { desc: 'Last used first', asc: 'Longest unused first' },
}

export function orderName({ sort, order }: UserOrder): string {
  return ORDER_NAMES[sort][order]
}

export const ALL_ORDERS: readonly UserOrder[] = SORTS.flatMap((sort) => {
  const first: UserOrder = { sort, order: FIRST_ORDERS[sort] }
  return [first, orderAfter(first, sort)]
})

function oneOf<Value extends string>(text: string | null, allowed: readonly Value[]): Value | undefined {
  return allowed.find((value) => value === text)
}
