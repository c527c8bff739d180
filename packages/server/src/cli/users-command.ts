import type { UserResponse } from '@promptmeter/contract'
import { Command } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'
import { findUser } from './find-user.ts'
import { parseThreshold, type ThresholdOption, thresholdOf } from './option-values.ts'
import { describeUser } from './user-report.ts'
import { usersImportCommand } from './users-import-command.ts'
import { usersListCommand } from './users-list-command.ts'
import { usersRemoveCommand } from './users-remove-command.ts'

const USER = 'the address or the id of the user'
const THRESHOLD = 'limit on prompts for life: a number, "default" or "none"'

type ThresholdOptions = ClientOptions & { threshold?: ThresholdOption }

export function usersCommand(): Command {
  return new Command('users')
    .description('add, list, change, remove and import users')
    .addCommand(addCommand())
    .addCommand(usersListCommand())
    .addCommand(showCommand())
    .addCommand(setCommand())
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
  $ promptmeter users import old-users.csv`,
    )
}

function addCommand(): Command {
  return clientCommand('add', 'add a user, who can sign in from then on')
    .argument('<email>', 'the address of the user')
    .option('--threshold <limit>', THRESHOLD, parseThreshold)
    .addHelpText(
      'after',
      `
Examples:
  $ promptmeter users add ada@example.com
  $ promptmeter users add ada@example.com --threshold none`,
    )
    .action(async (email: string, options: ThresholdOptions) => {
      const client = await connect(options)
      const { threshold } = options
      const user = await client.request<UserResponse>('POST', '/api/admin/users', {
        body: { email, ...(threshold !== undefined && { threshold: thresholdOf(threshold) }) },
      })
      print(user, options, (added) => `Added ${added.email} (${added.id}).\n`)
    })
}

function showCommand(): Command {
  return clientCommand('show', 'show a user')
    .argument('<user>', USER)
    .addHelpText('after', '\nExample:\n  $ promptmeter users show ada@example.com')
    .action(async (name: string, options: ClientOptions) => {
      print(await findUser(await connect(options), name), options, describeUser)
    })
}

function setCommand(): Command {
  return clientCommand('set', 'change the threshold of a user')
    .argument('<user>', USER)
    .option('--threshold <limit>', THRESHOLD, parseThreshold)
    .addHelpText('after', '\nExample:\n  $ promptmeter users set ada@example.com --threshold 500')
    .action(async (name: string, options: ThresholdOptions) => {
      if (options.threshold === undefined) {
        throw new CommandFailure('Nothing to set: say --threshold.', EXIT_CODES.usage)
      }
      await change(name, { threshold: thresholdOf(options.threshold) }, options)
    })
}

function disableCommand(name: string, description: string, disabled: boolean): Command {
  return clientCommand(name, description)
    .argument('<user>', USER)
    .addHelpText('after', `\nExample:\n  $ promptmeter users ${name} ada@example.com`)
    .action((user: string, options: ClientOptions) => change(user, { disabled }, options))
}

async function change(
  name: string,
  changes: { threshold?: number | null; disabled?: boolean },
  options: ClientOptions,
): Promise<void> {
  const client = await connect(options)
  const { id } = await findUser(client, name)
  const user = await client.request<UserResponse>('PATCH', `/api/admin/users/${id}`, { body: changes })
  print(user, options, describeUser)
}
