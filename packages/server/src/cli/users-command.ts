import type { UserResponse } from '@promptmeter/contract'
import { Command } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { findUser } from './find-user.ts'
import { parseThreshold, THRESHOLD_HELP, type ThresholdOption, thresholdOf } from './option-values.ts'
import { changeUser, showUser } from './user-changes.ts'
import { usersImportCommand } from './users-import-command.ts'
import { usersListCommand } from './users-list-command.ts'
import { usersRemoveCommand } from './users-remove-command.ts'
import { usersSetCommand } from './users-set-command.ts'

const USER = 'the address or the id of the user'

interface AddOptions extends ClientOptions {
  readonly threshold?: ThresholdOption
  readonly plan?: string
}

export function usersCommand(): Command {
  return new Command('users')
    .description('add, list, change, remove and import users')
    .addCommand(addCommand())
    .addCommand(usersListCommand())
    .addCommand(showCommand())
    .addCommand(usersSetCommand())
    .addCommand(disableCommand('disable', 'refuse a user everywhere from now on; nothing is lost', true))
    .addCommand(disableCommand('enable', 'let a disabled user in again', false))
    .addCommand(usersRemoveCommand())
    .addCommand(usersImportCommand())
    .addHelpText(
      'after',
      `
Examples:
  $ promptmeter users add ada@example.com --threshold 100
  $ promptmeter users list --search @example.com --sort promptCount --desc
  $ promptmeter users set ada@example.com --plan pro
  $ promptmeter users import old-users.csv`,
    )
}

function addCommand(): Command {
  return clientCommand('add', 'add a user, who can sign in from then on')
    .argument('<email>', 'the address of the user')
    .option('--plan <name>', 'the plan they have (default: free)')
    .option('--threshold <limit>', THRESHOLD_HELP, parseThreshold)
    .addHelpText(
      'after',
      `
Examples:
  $ promptmeter users add ada@example.com
  $ promptmeter users add ada@example.com --plan pro
  $ promptmeter users add ada@example.com --threshold none`,
    )
    .action(async (email: string, options: AddOptions) => {
      const client = await connect(options)
      const { threshold, plan } = options
      const user = await client.request<UserResponse>('POST', '/api/admin/users', {
        body: { email, plan, ...(threshold !== undefined && { threshold: thresholdOf(threshold) }) },
      })
      print(user, options, (added) => `Added ${added.email} (${added.id}).\n`)
    })
}

function showCommand(): Command {
  return clientCommand('show', 'show a user with every limit')
    .argument('<user>', USER)
    .addHelpText('after', '\nExample:\n  $ promptmeter users show ada@example.com')
    .action(async (name: string, options: ClientOptions) => {
      const client = await connect(options)
      await showUser(client, await findUser(client, name), options)
    })
}

function disableCommand(name: string, description: string, disabled: boolean): Command {
  return clientCommand(name, description)
    .argument('<user>', USER)
    .addHelpText('after', `\nExample:\n  $ promptmeter users ${name} ada@example.com`)
    .action((user: string, options: ClientOptions) => changeUser(user, () => ({ disabled }), options))
}
