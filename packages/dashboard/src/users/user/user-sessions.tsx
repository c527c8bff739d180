import { Button, Text } from '@mantine/core'
import type { AdminUserResponse, SessionResponse } from '@promptmeter/contract'
import { IconDevices, IconKey } from '@tabler/icons-react'
import { useState } from 'react'
import { ConfirmDialog } from '../../common/confirm-dialog.tsx'
import { EmptyView } from '../../common/empty-view.tsx'
import { notifyDone } from '../../common/notify.ts'
import { RowsSkeleton } from '../../common/page-skeleton.tsx'
import { Panel } from '../../common/panel.tsx'
import { QueryView } from '../../common/query-view.tsx'
import { hasEnded, type SessionRow, SessionTable, sessionName } from '../../common/session-table.tsx'
import { counted } from '../../shown/numbers.ts'
import { useRevokeSessions, useUserSessions } from './user-queries.ts'

/** Where the user is signed in, and their named keys. */
export function UserSessions({ user }: { readonly user: AdminUserResponse }) {
  const query = useUserSessions(user.id)
  const revoke = useRevokeSessions(user.id)
  const [asked, setAsked] = useState<SessionRow | 'all' | null>(null)
  const [shown, setShown] = useState<SessionRow | 'all'>('all')
  const rows = (query.data?.sessions ?? []).map(toRow)
  const alive = rows.filter((row) => !hasEnded(row)).length

  function ask(what: SessionRow | 'all') {
    revoke.reset()
    setAsked(what)
    setShown(what)
  }

  return (
    <>
      <Panel
        title="Sessions"
        actions={
          <Button variant="default" size="xs" disabled={alive === 0} onClick={() => ask('all')}>
            Revoke all sessions and keys
          </Button>
        }
      >
        <QueryView query={query} skeleton={<RowsSkeleton rows={3} height={36} />}>
          {({ sessions }) => (
            <SessionsOf
              rows={sessions.filter(({ kind }) => kind === 'sign-in').map(toRow)}
              label="Sessions"
              onRevoke={ask}
            />
          )}
        </QueryView>
      </Panel>
      <Panel title="API keys">
        <QueryView query={query} skeleton={<RowsSkeleton rows={1} height={36} />}>
          {({ sessions }) => (
            <SessionsOf
              rows={sessions.filter(({ kind }) => kind === 'key').map(toRow)}
              label="API keys"
              onRevoke={ask}
            />
          )}
        </QueryView>
      </Panel>
      <ConfirmDialog
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={shown === 'all' ? 'Revoke all sessions and keys' : `Revoke ${sessionName(shown)}`}
        action="Revoke"
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() =>
          revoke.mutate(shown === 'all' ? null : shown.id, {
            onSuccess: ({ revoked }) => {
              setAsked(null)
              notifyDone(`${counted(revoked, 'session')} ended.`)
            },
          })
        }
      >
        <Text size="sm">
          {shown === 'all'
            ? `${user.email} is signed out everywhere, and every API key ends, named ones too. The very next request is refused. It cannot be undone.`
            : 'The very next request with it is refused. It cannot be undone.'}
        </Text>
      </ConfirmDialog>
    </>
  )
}

interface SessionsOfProps {
  readonly rows: readonly SessionRow[]
  readonly label: 'Sessions' | 'API keys'
  readonly onRevoke: (row: SessionRow) => void
}

function SessionsOf({ rows, label, onRevoke }: SessionsOfProps) {
  const began = label === 'Sessions' ? 'Signed in' : 'Created'
  if (rows.length > 0)
    return <SessionTable label={label} rows={rows} began={began} action="Revoke" onRevoke={onRevoke} />
  return label === 'Sessions' ? (
    <EmptyView title="Not signed in anywhere" icon={IconDevices}>
      Sessions that ended within the last 30 days would stand here, too.
    </EmptyView>
  ) : (
    <EmptyView title="No named API keys" icon={IconKey} />
  )
}

function toRow({ clientName, kind, method, ...session }: SessionResponse): SessionRow {
  return { ...session, name: clientName, ...(kind === 'sign-in' && { method }) }
}
