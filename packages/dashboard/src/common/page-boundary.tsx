import { Component, type ReactNode } from 'react'
import { ErrorView } from './error-view.tsx'

interface PageBoundaryProps {
  readonly children: ReactNode
}

interface PageBoundaryState {
  readonly error: Error | null
}

/**
 * Keeps the places beside a page that failed. Most often its scripts could not be loaded: the server is away, or was
 * updated since. What failed to load is kept as failed, so only loading all of it anew helps.
 */
export class PageBoundary extends Component<PageBoundaryProps, PageBoundaryState> {
  override state: PageBoundaryState = { error: null }

  static getDerivedStateFromError(error: Error): PageBoundaryState {
    return { error }
  }

  override render() {
    const { error } = this.state
    return error === null ? (
      this.props.children
    ) : (
      <ErrorView error={error} retry={() => window.location.reload()} />
    )
  }
}
