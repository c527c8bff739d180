import type { AdminUserResponse, UserListResponse } from '@promptmeter/contract'
import { MAX_PAGE_USERS } from '@promptmeter/contract/bounds'
import { ROLES, type Role, STANDINGS, type Standing, USER_SORTS } from '@promptmeter/contract/choices'
import { type Command, Option } from 'commander'
import type { AdminClient } from './admin-client.ts'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { parseCount, parseDays } from './option-values.ts'
import { describeUsers } from './user-report.ts'

interface ListOptions extends ClientOptions {
  readonly search?: string
  readonly plan?: string
  readonly standing?: Standing
  readonly disabled?: boolean
  readonly inactiveDays?: number
  readonly role?: Role
  readonly sort: string
  readonly desc?: boolean
  readonly limit: number
  readonly all?: boolean
}

export function usersListCommand(): Command {
  return clientCommand('list', 'list users')
    .option('--search <text>', 'only those whose address holds this text')
    .option('--plan <name>', 'only those who have this plan')
    .addOption(
      new Option('--standing <where>', 'only those near a limit (from 80% on) or past it').choices(STANDINGS),
    )
    .option('--disabled', 'only those who are disabled')
    .option('--no-disabled', 'only those who are not disabled')
    .option('--inactive-days <days>', 'only those of whom nothing was counted for so long', parseDays)
    .addOption(new Option('--role <role>', 'only those of this role').choices(ROLES))
    .addOption(new Option('--sort <field>', 'what to sort by').choices(USER_SORTS).default('createdAt'))
    .option('--desc', 'from the largest down')
    .option('--limit <number>', 'show at most this many', parseCount, 50)
    .option('--all', 'show every user, however many')
    .addHelpText(
      'after',
      `
Examples:
  $ promptmeter users list
  $ promptmeter users list --sort promptCount --desc --limit 10
  $ promptmeter users list --standing reached --no-disabled
  $ promptmeter users list --inactive-days 90 --sort lastUsedAt
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
  const { search, plan, standing, disabled, inactiveDays, role, sort, desc } = options
  const limit = options.all ? Number.POSITIVE_INFINITY : options.limit
  const users: AdminUserResponse[] = []
  let nextCursor: string | null = null
  while (users.length < limit) {
    const page: UserListResponse = await client.request('GET', '/api/admin/users', {
      query: {
        search,
        plan,
        standing,
        disabled: disabled === undefined ? undefined : String(disabled),
        inactiveDays,
        role,
        sort,
        order: desc ? 'desc' : 'asc',
        limit: Math.min(MAX_PAGE_USERS, limit - users.length),
        cursor: nextCursor ?? undefined,
      },
    })
    users.push(...page.users)
    nextCursor = page.nextCursor
    if (nextCursor === null) break
  }
  return { users, nextCursor }
}
