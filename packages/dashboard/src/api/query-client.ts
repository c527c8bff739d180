import { QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError } from './request.ts'

/** Ended or refused sessions: who is signed in has to be asked anew. */
const SESSION_ENDED = new Set(['token_missing', 'token_invalid', 'user_disabled'])

export const SESSION_KEY = ['browser-session'] as const

export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => void askWhoIsSignedIn(error) }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // What was refused will be refused again; a server that restarts is back in a moment.
        retry: (failures, error) => failures < 3 && error instanceof ApiError && isPassing(error),
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 4_000),
      },
      mutations: { onError: (error) => void askWhoIsSignedIn(error) },
    },
  })

  async function askWhoIsSignedIn(error: unknown): Promise<void> {
    if (error instanceof ApiError && SESSION_ENDED.has(error.code))
      await client.invalidateQueries({ queryKey: SESSION_KEY })
  }

  return client
}

/** Whether it may be gone when it is asked again. */
export function isPassing({ status }: ApiError): boolean {
  return status === 0 || status === 502 || status === 503 || status === 504
}
