import type {
  AdminUserResponse,
  CorrectionRequest,
  PlanListResponse,
  RevokeSessionsResponse,
  SessionListResponse,
  UpdateUserRequest,
  UsageEventListResponse,
  UserLimitsResponse,
  UserResponse,
} from '@promptmeter/contract'
import {
  keepPreviousData,
  type QueryClient,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { request } from '../../api/request.ts'

/** Everything that is asked of one user is kept below this. */
export const userKey = (id: string) => ['user', id] as const

export const userPath = (id: string): string => `/api/admin/users/${encodeURIComponent(id)}`

const EVENTS_PER_PAGE = 20

export function useUser(id: string) {
  return useQuery({
    queryKey: [...userKey(id), 'self'],
    queryFn: ({ signal }) => request<AdminUserResponse>('GET', userPath(id), { signal }),
  })
}

export function useUserLimits(id: string) {
  return useQuery({
    queryKey: [...userKey(id), 'limits'],
    queryFn: ({ signal }) => request<UserLimitsResponse>('GET', `${userPath(id)}/limits`, { signal }),
  })
}

/** @param before the number of an event: only earlier ones; null for the newest */
export function useUserEvents(id: string, before: string | null) {
  return useQuery({
    queryKey: [...userKey(id), 'events', before],
    queryFn: ({ signal }) =>
      request<UsageEventListResponse>('GET', `${userPath(id)}/events`, {
        query: { limit: EVENTS_PER_PAGE, before },
        signal,
      }),
    placeholderData: keepPreviousData,
  })
}

export function useUserSessions(id: string) {
  return useQuery({
    queryKey: [...userKey(id), 'sessions'],
    queryFn: ({ signal }) => request<SessionListResponse>('GET', `${userPath(id)}/sessions`, { signal }),
  })
}

export function usePlans() {
  return useQuery({
    queryKey: ['plans'],
    queryFn: ({ signal }) => request<PlanListResponse>('GET', '/api/admin/plans', { signal }),
  })
}

export function useUpdateUser(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (changes: UpdateUserRequest) =>
      request<AdminUserResponse>('PATCH', userPath(id), { body: changes }),
    onSuccess: (user) => {
      client.setQueryData([...userKey(id), 'self'], user)
      return invalidateUser(client, id)
    },
  })
}

export function useCorrectUsage(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ body, key }: { readonly body: CorrectionRequest; readonly key: string }) =>
      request<UserResponse>('POST', `${userPath(id)}/corrections`, {
        body,
        headers: { 'idempotency-key': key },
      }),
    onSuccess: () => invalidateUser(client, id),
  })
}

/** Ends one session of the user, or all of them and every key where none is named. */
export function useRevokeSessions(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (sessionId: string | null) =>
      request<RevokeSessionsResponse>(
        'DELETE',
        `${userPath(id)}/sessions${sessionId === null ? '' : `/${sessionId}`}`,
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: [...userKey(id), 'sessions'] }),
  })
}

export function useDeleteUser(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => request('DELETE', userPath(id)),
    onSuccess: () => invalidateLists(client),
  })
}

function invalidateUser(client: QueryClient, id: string) {
  return Promise.all([client.invalidateQueries({ queryKey: userKey(id) }), invalidateLists(client)])
}

/** Where users are listed or counted. */
function invalidateLists(client: QueryClient) {
  return Promise.all(
    ['users', 'plans', 'overview'].map((name) => client.invalidateQueries({ queryKey: [name] })),
  )
}
