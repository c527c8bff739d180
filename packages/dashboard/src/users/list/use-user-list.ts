import { useHistoryState } from 'wouter/use-browser-location'
import { type AddressChanges, useAddress } from '../../common/address.ts'
import { readFilters, readOrder, type UserFilters, type UserOrder } from './user-list-address.ts'

export interface UserListAddress {
  readonly filters: UserFilters
  readonly order: UserOrder
  readonly cursor: string | null
  /** Counted from 1; null where a link led into the middle of the list. */
  readonly page: number | null
  /** Sets filters or the order, and goes back to the first page. */
  choose(changes: AddressChanges, options?: { readonly replace?: boolean }): void
  clearFilters(): void
  goToNext(cursor: string): void
  goToPrevious(): void
  goToFirst(): void
}

const NO_FILTERS: AddressChanges = {
  search: null,
  plan: null,
  standing: null,
  disabled: null,
  inactiveDays: null,
  role: null,
}

/** What the list of users shows, as the address bar and the history of the browser have it. */
export function useUserList(): UserListAddress {
  const { get, change } = useAddress()
  const cursor = get('cursor')
  const page = usePageNumber(cursor)
  const filters = readFilters(get)
  const order = readOrder(get)

  const choose: UserListAddress['choose'] = (changes, options) =>
    change({ ...changes, cursor: null }, options)
  const goToFirst = () => change({ cursor: null })
  return {
    filters,
    order,
    cursor,
    page,
    choose,
    clearFilters: () => choose(NO_FILTERS),
    goToNext: (next) =>
      change({ cursor: next }, { state: page === null ? null : { userListPage: page + 1 } }),
    // The pages of a list know only the next one. The one before is in the history, where it was visited.
    goToPrevious: () => (page !== null && page > 1 ? window.history.back() : goToFirst()),
    goToFirst,
  }
}

/** It is kept with the entry of the history, so that it is right after going back, and after loading the page anew. */
function usePageNumber(cursor: string | null): number | null {
  const state: unknown = useHistoryState()
  if (cursor === null) return 1
  if (typeof state !== 'object' || state === null || !('userListPage' in state)) return null
  return typeof state.userListPage === 'number' ? state.userListPage : null
}
