import type { RevokeSessionsResponse, SessionListResponse, SessionResponse } from '@promptmeter/contract'
import { type Command, Option } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { findUser } from './find-user.ts'
import { formatInstant, formatTable } from './table.ts'

interface SessionsOptions extends ClientOptions {
  readonly revoke?: string
  readonly revokeAll?: boolean
}

export function sessionsCommand(): Command {
  return clientCommand('sessions', 'list the sessions of a user, or revoke them')
    .argument('<user>', 'the address or the id of the user')
    .addOption(new Option('--revoke <id>', 'end this session').conflicts('revokeAll'))
    .option('--revoke-all', 'end every session of the user, and their named API keys')
    .addHelpText(
      'after',
      `
The token and the API key of a revoked session are refused from the very next request on.

Examples:
  $ promptmeter sessions ada@example.com
  $ promptmeter sessions ada@example.com --revoke 019ab2c4-6a7b-7c8d-9e0f-1a2b3c4d5e6f
  $ promptmeter sessions ada@example.com --revoke-all`,
    )
    .action(async (name: string, options: SessionsOptions) => {
      const client = await connect(options)
      const user = await findUser(client, name)
      const path = `/api/admin/users/${user.id}/sessions`
      if (options.revoke === undefined && !options.revokeAll) {
        print(await client.request<SessionListResponse>('GET', path), options, describeSessions)
        return
      }
      const which = options.revoke === undefined ? '' : `/${encodeURIComponent(options.revoke)}`
      const answer = await client.request<RevokeSessionsResponse>('DELETE', path + which)
      print(answer, options, ({ revoked }) => `Ended ${countSessions(revoked)} of ${user.email}.\n`)
    })
}

function describeSessions({ sessions }: SessionListResponse): string {
  if (sessions.length === 0) return 'No sessions.\n'
  return formatTable(
    [
      { title: 'Id', value: ({ id }) => id },
      { title: 'Kind', value: ({ kind }) => kind },
      { title: 'State', value: stateOf },
      { title: 'Signed in (UTC)', value: ({ createdAt }) => formatInstant(createdAt) },
      { title: 'Last used', value: ({ lastUsedAt }) => formatInstant(lastUsedAt) },
      {
        title: 'Expires',
        value: ({ expiresAt }) => (expiresAt === null ? 'never' : formatInstant(expiresAt)),
      },
      { title: 'Client', value: ({ clientName }) => clientName ?? '-' },
    ],
    sessions,
  )
}

function stateOf({ revokedAt, expiresAt }: SessionResponse): string {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && Date.parse(expiresAt) <= Date.now() ? 'expired' : 'live'
}

function countSessions(count: number): string {
  return count === 1 ? '1 session' : `${count} sessions`
}
