import type { AdminUserResponse, UserListResponse } from '@promptmeter/contract'
import { type Command, Option } from 'commander'
import type { AdminClient } from './admin-client.ts'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { parseCount } from './option-values.ts'
import { describeUsers } from './user-report.ts'

/** Most users the server gives at once. */
const PAGE_SIZE = 200

const SORTS = ['createdAt', 'email', 'promptCount', 'tokenCount']

interface ListOptions extends ClientOptions {
  readonly search?: string
  readonly sort: string
  readonly desc?: boolean
  readonly limit: number
  readonly all?: boolean
}

export function usersListCommand(): Command {
  return clientCommand('list', 'list users')
    .option('--search <text>', 'only those whose address holds this text')
    .addOption(new Option('--sort <field>', 'what to sort by').choices(SORTS).default('createdAt'))
    .option('--desc', 'from the largest down')
    .option('--limit <number>', 'show at most this many', parseCount, 50)
    .option('--all', 'show every user, however many')
    .addHelpText(
      'after',
      `
Examples:
  $ promptmeter users list
  $ promptmeter users list --sort promptCount --desc --limit 10
  $ promptmeter users list --all --json`,
    )
    .action(async (options: ListOptions) => {
      const client = await connect(options)
      const page = await readUsers(client, options)
      print(page, options, ({ users }) => (users.length === 0 ? 'No users.\n' : describeUsers(users)))
      if (page.nextCursor !== null && !options.json) {
        process.stderr.write('There are more users: say --all, or a larger --limit.\n')
      }
    })
}

/** Follows the pages until there are users enough. */
async function readUsers(client: AdminClient, options: ListOptions): Promise<UserListResponse> {
  const { search, sort, desc } = options
  const limit = options.all ? Number.POSITIVE_INFINITY : options.limit
  const users: AdminUserResponse[] = []
  let nextCursor: string | null = null
  while (users.length < limit) {
    const page: UserListResponse = await client.request('GET', '/api/admin/users', {
      query: {
        search,
        sort,
        order: desc ? 'desc' : 'asc',
        limit: Math.min(PAGE_SIZE, limit - users.length),
        cursor: nextCursor ?? undefined,
      },
    })
    users.push(...page.users)
    nextCursor = page.nextCursor
    if (nextCursor === null) break
  }
  return { users, nextCursor }
}
