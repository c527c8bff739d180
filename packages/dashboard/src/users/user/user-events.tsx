import { Button, Group } from '@mantine/core'
import type { AdminUserResponse, UsageEventResponse } from '@promptmeter/contract'
import { IconTimelineEvent } from '@tabler/icons-react'
import { useState } from 'react'
import { useAddress } from '../../common/address.ts'
import { EmptyView } from '../../common/empty-view.tsx'
import { RowsSkeleton } from '../../common/page-skeleton.tsx'
import { Panel } from '../../common/panel.tsx'
import { QueryView } from '../../common/query-view.tsx'
import { CorrectionDialog } from './correction-dialog.tsx'
import { EventTable } from './event-table.tsx'
import { useUserEvents } from './user-queries.ts'

/** Everything that was counted, newest first, in pages that the address names. */
export function UserEvents({ user }: { readonly user: AdminUserResponse }) {
  const address = useAddress()
  const before = address.get('before')
  const query = useUserEvents(user.id, before)
  const [correcting, setCorrecting] = useState<UsageEventResponse | null>(null)
  const older = query.data?.nextBefore ?? null
  return (
    <Panel title="Recent events">
      <QueryView query={query} skeleton={<RowsSkeleton rows={10} />}>
        {({ events }) =>
          events.length === 0 ? (
            <EmptyView
              title={before === null ? 'Nothing was counted yet' : 'No older events'}
              icon={IconTimelineEvent}
            >
              {before === null ? 'Each call of the gateway and each tracked event appears here.' : null}
            </EmptyView>
          ) : (
            <EventTable events={events} onCorrect={setCorrecting} />
          )
        }
      </QueryView>
      {(before !== null || older !== null) && (
        <Group gap="sm" mt="md" justify="flex-end">
          {before !== null && (
            <Button variant="default" size="xs" onClick={() => address.change({ before: null })}>
              Newest
            </Button>
          )}
          <Button
            variant="default"
            size="xs"
            disabled={older === null}
            onClick={() => address.change({ before: String(older) })}
          >
            Older
          </Button>
        </Group>
      )}
      <CorrectionDialog
        user={user}
        opened={correcting !== null}
        event={correcting}
        onClose={() => setCorrecting(null)}
      />
    </Panel>
  )
}
