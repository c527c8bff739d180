import { Badge, Button, Group, Text } from '@mantine/core'
import type { SignInMethod } from '@promptmeter/contract'
import { clientWords } from '../shown/clients.ts'
import { Moment } from './moment.tsx'
import { cell, PlainTable } from './plain-table.tsx'

/** A session or a named API key. */
export interface SessionRow {
  readonly id: string
  /** What it calls itself; null where it did not say. */
  readonly name: string | null
  /** How the address was proven; left out for keys. */
  readonly method?: SignInMethod
  readonly createdAt: string
  readonly lastUsedAt: string | null
  /** Null for never. */
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  /** Whether it is the one that looks at this page. */
  readonly current?: boolean
}

export interface SessionTableProps {
  readonly label: string
  readonly rows: readonly SessionRow[]
  /** What the column of the beginnings is called. */
  readonly began: 'Signed in' | 'Created'
  /** What the button of a row says. */
  readonly action: string
  readonly onRevoke: (row: SessionRow) => void
}

const METHODS: Record<SignInMethod, string> = {
  trusted: 'address taken on trust',
  email: 'code by mail',
  github: 'GitHub',
  oidc: 'single sign-on',
}

/** @param now milliseconds since 1970 */
export function hasEnded({ expiresAt, revokedAt }: SessionRow, now: number = Date.now()): boolean {
  return revokedAt !== null || (expiresAt !== null && Date.parse(expiresAt) <= now)
}

export const sessionName = ({ name, method }: SessionRow): string =>
  name === null ? (method === undefined ? 'Unnamed key' : 'Unnamed client') : clientWords(name)

/** Sessions or keys, those that ended greyed. */
export function SessionTable({ label, rows, began, action, onRevoke }: SessionTableProps) {
  return (
    <PlainTable label={label}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" className={cell.wide}>
            {began}
          </th>
          <th scope="col" className={cell.wide}>
            Last used
          </th>
          <th scope="col" className={cell.wide}>
            Ends
          </th>
          <td />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.id} row={row} began={began} action={action} onRevoke={onRevoke} />
        ))}
      </tbody>
    </PlainTable>
  )
}

interface RowProps extends Pick<SessionTableProps, 'began' | 'action' | 'onRevoke'> {
  readonly row: SessionRow
}

function Row({ row, began, action, onRevoke }: RowProps) {
  const ended = hasEnded(row)
  const name = sessionName(row)
  return (
    <tr className={ended ? cell.ended : undefined}>
      <th scope="row">
        <Group gap="xs">
          <span title={row.name ?? undefined}>{name}</span>
          {row.current === true && (
            <Badge variant="light" size="sm" tt="none">
              this one
            </Badge>
          )}
        </Group>
        {row.method !== undefined && (
          <Text size="xs" c="dimmed">
            {METHODS[row.method]}
          </Text>
        )}
        <Text size="xs" c="dimmed" className={cell.narrow}>
          {began} <Moment at={row.createdAt} show="day" />
          {!ended && (
            <>
              , ends <Moment at={row.expiresAt} show="relative" />
            </>
          )}
          <br />
          Last used <Moment at={row.lastUsedAt} show="relative" />
        </Text>
      </th>
      <td className={cell.wide}>
        <Moment at={row.createdAt} show="day" />
      </td>
      <td className={cell.wide}>
        <Moment at={row.lastUsedAt} show="relative" />
      </td>
      <td className={cell.wide}>
        {row.revokedAt === null && <Moment at={row.expiresAt} show={ended ? 'day' : 'relative'} />}
      </td>
      <td className={cell.end}>
        {ended ? (
          <Text size="sm">{row.revokedAt === null ? 'expired' : 'revoked'}</Text>
        ) : (
          <Button
            variant="default"
            size="xs"
            onClick={() => onRevoke(row)}
            aria-label={`${action}: ${name}, began ${row.createdAt.slice(0, 10)}`}
          >
            {action}
          </Button>
        )}
      </td>
    </tr>
  )
}
