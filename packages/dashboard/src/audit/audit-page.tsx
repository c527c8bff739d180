import { Button } from '@mantine/core'
import { IconDownload, IconHistory } from '@tabler/icons-react'
import { addressOf } from '../api/request.ts'
import { useAddress } from '../common/address.ts'
import { EmptyView } from '../common/empty-view.tsx'
import { Page } from '../common/page.tsx'
import { RowsSkeleton } from '../common/page-skeleton.tsx'
import { Panel } from '../common/panel.tsx'
import { QueryView } from '../common/query-view.tsx'
import css from './audit.module.css'
import { FILTER_NAMES, filterQuery, isFiltered, readFilter } from './audit-filter.ts'
import { AuditFilters } from './audit-filters.tsx'
import { AuditPager } from './audit-pager.tsx'
import { useAuditPage } from './audit-queries.ts'
import { AuditTable } from './audit-table.tsx'

const EVERYTHING = Object.fromEntries([...FILTER_NAMES, 'cursor'].map((name) => [name, null]))

/** Who did what, newest first. */
export default function AuditPage() {
  const address = useAddress()
  const filter = readFilter(address.get)
  const cursor = address.get('cursor')
  const query = useAuditPage(filter, cursor)
  const filtered = isFiltered(filter)
  const clear = () => address.change(EVERYTHING)

  return (
    <Page
      title="Audit log"
      about="Who signed in, and who changed what. Nothing of it can be changed from here."
      actions={
        <Button
          component="a"
          href={addressOf('/api/admin/audit/export', filterQuery(filter))}
          download
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden="true" />}
        >
          Export {filtered ? 'these ' : ''}as CSV
        </Button>
      }
    >
      <AuditFilters filter={filter} onChange={(changes) => address.change({ ...changes, cursor: null })}>
        {filtered && (
          <Button variant="subtle" className={css.clear ?? ''} onClick={clear}>
            Clear filters
          </Button>
        )}
      </AuditFilters>
      <Panel title="Events">
        <QueryView query={query} skeleton={<RowsSkeleton rows={12} height={30} />}>
          {({ events, nextCursor }) => (
            <div className={query.isPlaceholderData ? css.before : undefined}>
              {events.length > 0 ? (
                <AuditTable events={events} />
              ) : (
                <EmptyView title={cursor === null ? 'Nothing fits' : 'Nothing is older'} icon={IconHistory}>
                  {filtered
                    ? 'Choose another time, or clear the filters.'
                    : 'Sign-ins and changes are written down here.'}
                </EmptyView>
              )}
              <AuditPager cursor={cursor} nextCursor={nextCursor} />
            </div>
          )}
        </QueryView>
      </Panel>
    </Page>
  )
}
