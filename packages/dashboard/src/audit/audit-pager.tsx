import { Button, Group } from '@mantine/core'
import { Link, useSearch } from 'wouter'

export interface AuditPagerProps {
  /** Of the page that is shown; null for the newest. */
  readonly cursor: string | null
  readonly nextCursor: string | null
}

/** To older events and back to the newest. One page back is what the browser's button does. */
export function AuditPager({ cursor, nextCursor }: AuditPagerProps) {
  const search = useSearch()
  if (cursor === null && nextCursor === null) return null
  return (
    <Group component="nav" aria-label="Pages of the log" justify="space-between" mt="md">
      {cursor === null ? <span /> : <PageLink search={search} to={null} name="Newest" />}
      {nextCursor !== null && <PageLink search={search} to={nextCursor} name="Older" />}
    </Group>
  )
}

interface PageLinkProps {
  readonly search: string
  readonly to: string | null
  readonly name: string
}

function PageLink({ search, to, name }: PageLinkProps) {
  const params = new URLSearchParams(search)
  params.delete('cursor')
  if (to !== null) params.set('cursor', to)
  return (
    <Button
      component={Link}
      href={params.size === 0 ? '/audit' : `/audit?${params}`}
      variant="default"
      onClick={() => window.scrollTo({ top: 0 })}
    >
      {name}
    </Button>
  )
}
