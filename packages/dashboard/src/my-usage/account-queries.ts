import type {
  CreatedKeyResponse,
  CreateKeyRequest,
  KeyListResponse,
  MeResponse,
  MySessionListResponse,
  RevokeSessionsResponse,
} from '@promptmeter/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { request } from '../api/request.ts'

/** Everything that is asked of whoever is signed in is kept below this. */
export const ME_KEY = ['me'] as const
const SESSIONS_KEY = [...ME_KEY, 'sessions'] as const
const KEYS_KEY = [...ME_KEY, 'keys'] as const

export function useMe() {
  return useQuery({
    queryKey: [...ME_KEY, 'self'],
    queryFn: ({ signal }) => request<MeResponse>('GET', '/api/me', { signal }),
  })
}

export function useMySessions() {
  return useQuery({
    queryKey: SESSIONS_KEY,
    queryFn: ({ signal }) => request<MySessionListResponse>('GET', '/api/me/sessions', { signal }),
  })
}

/** Ends one session, or all but the one that asks where none is named. */
export function useSignOut() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (sessionId: string | null) =>
      sessionId === null
        ? request<RevokeSessionsResponse>('DELETE', '/api/me/sessions', { query: { keepCurrent: true } })
        : request<RevokeSessionsResponse>('DELETE', `/api/me/sessions/${sessionId}`),
    onSuccess: () => client.invalidateQueries({ queryKey: SESSIONS_KEY }),
  })
}

export function useMyKeys() {
  return useQuery({
    queryKey: KEYS_KEY,
    queryFn: ({ signal }) => request<KeyListResponse>('GET', '/api/me/keys', { signal }),
  })
}

export function useCreateKey() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: CreateKeyRequest) => request<CreatedKeyResponse>('POST', '/api/me/keys', { body }),
    // The key itself is forgotten with the dialog that shows it.
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS_KEY }),
  })
}

export function useRevokeKey() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => request('DELETE', `/api/me/keys/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS_KEY }),
  })
}

export function useDeleteAccount() {
  return useMutation({ mutationFn: () => request('DELETE', '/api/me') })
}
