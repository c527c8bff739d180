import type { UserResponse } from '@promptmeter/contract'
import type { Command } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { confirm, requireSomebody } from './confirm.ts'
import { findUser } from './find-user.ts'
import { formatCount } from './table.ts'

interface RemoveOptions extends ClientOptions {
  readonly yes?: boolean
}

export function usersRemoveCommand(): Command {
  return clientCommand('remove', 'delete a user with everything kept of them')
    .argument('<user>', 'the address or the id of the user')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
Sessions, usage and history are deleted for good. To keep them and lock the user out: promptmeter users disable.

Examples:
  $ promptmeter users remove ada@example.com
  $ promptmeter users remove ada@example.com --yes`,
    )
    .action(async (name: string, options: RemoveOptions) => {
      if (!options.yes) requireSomebody()
      const client = await connect(options)
      const user = await findUser(client, name)
      if (!options.yes) await confirm(removalQuestion(user), user.email, 'Nothing was removed.')
      await client.request('DELETE', `/api/admin/users/${user.id}`)
      print(user, options, ({ email }) => `Removed ${email}.\n`)
    })
}

export function removalQuestion({ email, promptCount }: UserResponse): string {
  return (
    `This deletes ${email} with ${formatCount(promptCount)} counted prompts and all sessions, for good.\n` +
    'Type the address to go on: '
  )
}
