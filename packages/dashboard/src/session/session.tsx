import type { BrowserSessionResponse } from '@promptmeter/contract'
import { useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, use } from 'react'
import { SESSION_KEY } from '../api/query-client.ts'
import { request } from '../api/request.ts'
import { ErrorView } from '../common/error-view.tsx'
import { PageSkeleton } from '../common/page-skeleton.tsx'
import { Welcome } from './welcome.tsx'

const SessionContext = createContext<BrowserSessionResponse | null>(null)

/** Who looks at the page. Everything below is shown to somebody who is signed in. */
export function useSession(): BrowserSessionResponse {
  const session = use(SessionContext)
  if (session === null) throw new Error('nobody is signed in here')
  return session
}

/** Shows its children to whoever is signed in, and to all others how to. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const { data, error, refetch } = useQuery({
    queryKey: SESSION_KEY,
    queryFn: ({ signal }) => request<BrowserSessionResponse>('GET', '/api/browser-session', { signal }),
    staleTime: 60_000,
  })
  if (data === undefined) return error ? <ErrorView error={error} retry={refetch} /> : <PageSkeleton />
  if (data.user === null && !data.operator) return <Welcome appName={data.appName} />
  return <SessionContext value={data}>{children}</SessionContext>
}
