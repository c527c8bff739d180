import { Button, Text } from '@mantine/core'
import type { KeyResponse } from '@promptmeter/contract'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { EmptyView } from '../common/empty-view.tsx'
import { LazyConfirmDialog, useWanted } from '../common/lazy-confirm-dialog.tsx'
import { notifyDone } from '../common/notify.ts'
import { RowsSkeleton } from '../common/page-skeleton.tsx'
import { Panel } from '../common/panel.tsx'
import { QueryView } from '../common/query-view.tsx'
import { type SessionRow, SessionTable, sessionName } from '../common/session-table.tsx'
import { useMyKeys, useRevokeKey } from './account-queries.ts'

const CreateKeyDialog = lazy(() => import('./create-key-dialog.tsx'))

/** My named keys, for tools. */
export function ApiKeys() {
  const query = useMyKeys()
  const revoke = useRevokeKey()
  const [creating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState(false)
  const [asked, setAsked] = useState<SessionRow | null>(null)
  const wanted = useWanted(creating)

  function ask(row: SessionRow) {
    revoke.reset()
    setAsked(row)
    setRevoking(true)
  }

  return (
    <Panel
      title="API keys"
      actions={
        <Button
          size="xs"
          onClick={() => setCreating(true)}
          leftSection={<IconPlus size={14} aria-hidden="true" />}
        >
          Create a key
        </Button>
      }
    >
      <QueryView query={query} skeleton={<RowsSkeleton rows={2} height={36} />}>
        {({ keys }) =>
          keys.length === 0 ? (
            <EmptyView title="No API keys yet" icon={IconKey}>
              A named key is for a tool that keeps it in a file: it calls the gateway and counts usage, and
              nothing else.
            </EmptyView>
          ) : (
            <SessionTable
              label="API keys"
              began="Created"
              rows={keys.map(toRow)}
              action="Revoke"
              onRevoke={ask}
            />
          )
        }
      </QueryView>
      {wanted && (
        <Suspense>
          <CreateKeyDialog opened={creating} onClose={() => setCreating(false)} />
        </Suspense>
      )}
      <LazyConfirmDialog
        opened={revoking}
        onClose={() => setRevoking(false)}
        title={asked === null ? 'Revoke' : `Revoke ${sessionName(asked)}`}
        action="Revoke"
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => {
          if (asked === null) return
          revoke.mutate(asked.id, {
            onSuccess: () => {
              setRevoking(false)
              notifyDone(`${sessionName(asked)} was revoked.`)
            },
          })
        }}
      >
        <Text size="sm">
          Whatever uses this key is refused from its very next request on. It cannot be undone.
        </Text>
      </LazyConfirmDialog>
    </Panel>
  )
}

function toRow(key: KeyResponse): SessionRow {
  return key
}
