import type { AdminUserResponse, AuditListResponse, UserListResponse } from '@promptmeter/contract'
import {
  keepPreviousData,
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { ApiError, request } from '../api/request.ts'
import { type AuditFilter, isUserId, pageQuery } from './audit-filter.ts'

/** A page of the log. */
export function useAuditPage(
  filter: AuditFilter,
  cursor: string | null,
): UseQueryResult<AuditListResponse, Error> {
  return useQuery({
    queryKey: ['audit', filter, cursor],
    queryFn: ({ signal }) =>
      request<AuditListResponse>('GET', '/api/admin/audit', { query: pageQuery(filter, cursor), signal }),
    placeholderData: keepPreviousData,
  })
}

const nameKey = (id: string | null) => ['users', 'name', id]

/** What a user is called: the address, or the id of one who was erased. */
export function useUserName(id: string | null): string {
  const { data } = useQuery({
    queryKey: nameKey(id),
    queryFn: async ({ signal }) =>
      (await request<AdminUserResponse>('GET', `/api/admin/users/${id}`, { signal })).email,
    enabled: id !== null,
    staleTime: 60_000,
  })
  return data ?? id ?? ''
}

/** Finds the id of a user by address; an id stands for itself, for of an erased user nothing else is left. */
export function useUserLookup(): UseMutationResult<string, Error, string> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (text) => {
      if (isUserId(text)) return text
      const { users } = await request<UserListResponse>('GET', '/api/admin/users', {
        query: { email: text, limit: 1 },
      })
      const [user] = users
      if (user === undefined) throw new ApiError('user_not_found', 'No user has this address.', 404)
      client.setQueryData(nameKey(user.id), user.email)
      return user.id
    },
  })
}
