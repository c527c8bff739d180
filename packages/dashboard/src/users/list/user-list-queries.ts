import type { AdminUserResponse, CreateUserRequest, UserListResponse } from '@promptmeter/contract'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { request } from '../../api/request.ts'
import type { UserFilters, UserOrder } from './user-list-address.ts'

const PAGE_SIZE = 50

export interface UserPageQuery {
  readonly filters: UserFilters
  readonly order: UserOrder
  readonly cursor: string | null
}

export function useUserPage({ filters, order, cursor }: UserPageQuery) {
  const query = { ...filters, ...order, cursor, limit: PAGE_SIZE }
  return useQuery({
    queryKey: ['users', 'page', query],
    queryFn: ({ signal }) => request<UserListResponse>('GET', '/api/admin/users', { query, signal }),
    placeholderData: keepPreviousData,
  })
}

/** Adds a user, and mails them where `invite` says so. */
export function useInviteUser() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: CreateUserRequest) => request<AdminUserResponse>('POST', '/api/admin/users', { body }),
    onSuccess: () =>
      Promise.all(
        ['users', 'plans', 'overview'].map((name) => client.invalidateQueries({ queryKey: [name] })),
      ),
  })
}
