import { Button, Text } from '@mantine/core'
import type { MySessionResponse } from '@promptmeter/contract'
import { useState } from 'react'
import { LazyConfirmDialog } from '../common/lazy-confirm-dialog.tsx'
import { notifyDone } from '../common/notify.ts'
import { RowsSkeleton } from '../common/page-skeleton.tsx'
import { Panel } from '../common/panel.tsx'
import { QueryView } from '../common/query-view.tsx'
import { hasEnded, type SessionRow, SessionTable, sessionName } from '../common/session-table.tsx'
import { counted } from '../shown/numbers.ts'
import { useMySessions, useSignOut } from './account-queries.ts'

type Asked = SessionRow | 'others'

/** Where I am signed in. */
export function MySessions() {
  const query = useMySessions()
  const signOut = useSignOut()
  const [opened, setOpened] = useState(false)
  const [asked, setAsked] = useState<Asked>('others')
  const rows = (query.data?.sessions ?? []).map(toRow)
  const others = rows.filter((row) => row.current !== true && !hasEnded(row)).length
  const self = asked !== 'others' && asked.current === true

  function ask(what: Asked) {
    signOut.reset()
    setAsked(what)
    setOpened(true)
  }

  function confirm() {
    signOut.mutate(asked === 'others' ? null : asked.id, {
      onSuccess: ({ revoked }) => {
        // Loaded anew: nothing of this session may stay in the memory of the page.
        if (self) return window.location.assign('/')
        setOpened(false)
        notifyDone(`${counted(revoked, 'session')} signed out.`)
      },
    })
  }

  return (
    <Panel
      title="Sessions"
      actions={
        <Button variant="default" size="xs" disabled={others === 0} onClick={() => ask('others')}>
          Sign out the others
        </Button>
      }
    >
      <QueryView query={query} skeleton={<RowsSkeleton rows={3} height={36} />}>
        {() => (
          <SessionTable label="Sessions" began="Signed in" rows={rows} action="Sign out" onRevoke={ask} />
        )}
      </QueryView>
      <LazyConfirmDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={asked === 'others' ? 'Sign out the others' : `Sign out ${sessionName(asked)}`}
        action="Sign out"
        busy={signOut.isPending}
        error={signOut.error}
        onConfirm={confirm}
      >
        <Text size="sm">
          {asked === 'others'
            ? 'Every editor and browser but this one has to sign in again. Named API keys go on.'
            : self
              ? 'This is the page you look at: you leave it, and its API key ends.'
              : 'It has to sign in again, and its API key ends.'}
        </Text>
      </LazyConfirmDialog>
    </Panel>
  )
}

function toRow({ clientName, ...session }: MySessionResponse): SessionRow {
  return { ...session, name: clientName }
}
