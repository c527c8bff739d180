import { createInterface } from 'node:readline/promises'
import type { UserResponse } from '@promptmeter/contract'
import type { Command } from 'commander'
import { type ClientOptions, clientCommand, connect, print } from './client-command.ts'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'
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
      if (!options.yes && !process.stdin.isTTY) {
        throw new CommandFailure(
          'Nobody is here to confirm this: say --yes to delete without being asked.',
          EXIT_CODES.usage,
        )
      }
      const client = await connect(options)
      const user = await findUser(client, name)
      if (!options.yes) await confirmRemoval(user, process.stdin, process.stderr)
      await client.request('DELETE', `/api/admin/users/${user.id}`)
      print(user, options, ({ email }) => `Removed ${email}.\n`)
    })
}

/** @throws CommandFailure unless the address is typed */
export async function confirmRemoval(
  { email, promptCount }: UserResponse,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<void> {
  const terminal = createInterface({ input, output })
  // Ctrl-D closes without an answer.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  try {
    const question = `This deletes ${email} with ${formatCount(promptCount)} counted prompts and all sessions, for good.\nType the address to go on: `
    const typed = await Promise.race([terminal.question(question), closed])
    if (typed.trim().toLowerCase() !== email) throw new CommandFailure('Nothing was removed.')
  } finally {
    terminal.close()
  }
}
