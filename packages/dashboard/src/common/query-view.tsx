import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ErrorView } from './error-view.tsx'

export interface QueryViewProps<Answer> {
  readonly query: UseQueryResult<Answer, Error>
  /** As high and wide as what will stand there, so that nothing jumps. */
  readonly skeleton: ReactNode
  readonly children: (answer: Answer) => ReactNode
}

/** An answer once it is there; its skeleton before, and why where there is none. What was shown stays while it is asked anew. */
export function QueryView<Answer>({ query, skeleton, children }: QueryViewProps<Answer>) {
  if (query.data !== undefined) return children(query.data)
  return query.error === null ? skeleton : <ErrorView error={query.error} retry={query.refetch} />
}
