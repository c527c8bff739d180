import type { OverviewGroup, OverviewResponse, UserListResponse } from '@promptmeter/contract'
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { type OverviewRange, overviewQuery } from './overview-range.ts'

/** How often the page asks, in milliseconds, while somebody looks at it. */
const REFRESH_MS = 10_000
/** Lists of users cost more than what is counted already. */
const USERS_REFRESH_MS = 30_000

const USERS_SHOWN = 8

/** What all users use in a range, asked anew every ten seconds. */
export function useOverview(
  range: OverviewRange,
  groupBy: OverviewGroup | null,
): UseQueryResult<OverviewResponse, Error> {
  return useQuery({
    queryKey: ['overview', range, groupBy],
    // The ends are reckoned when it asks: a range up to now moves on.
    queryFn: ({ signal }) =>
      request<OverviewResponse>('GET', '/api/admin/overview', {
        query: { ...overviewQuery(range, Date.now()), groupBy },
        signal,
      }),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  })
}

/** Of those who are near a limit or at one, whoever was active last. */
export function useUsersNearLimit(): UseQueryResult<UserListResponse, Error> {
  return useUserList({ standing: 'near', sort: 'lastUsedAt', order: 'desc', limit: USERS_SHOWN })
}

/** Whether anything was ever counted; undefined while that is not known. @param enabled whether it has to be known */
export function useEverUsed(enabled: boolean): boolean | undefined {
  const { data } = useUserList({ sort: 'lastUsedAt', order: 'desc', limit: 1 }, enabled)
  return data === undefined ? undefined : data.users.some(({ lastUsedAt }) => lastUsedAt !== null)
}

function useUserList(query: Record<string, string | number>, enabled = true) {
  return useQuery({
    queryKey: ['users', 'short-list', query],
    queryFn: ({ signal }) => request<UserListResponse>('GET', '/api/admin/users', { query, signal }),
    refetchInterval: USERS_REFRESH_MS,
    enabled,
  })
}
