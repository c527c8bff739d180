import { Command } from 'commander'
import { type AdminClient, createAdminClient } from './admin-client.ts'
import { findConnection } from './connection.ts'

export interface ClientOptions {
  readonly url?: string
  readonly json?: boolean
}

/** A command that speaks to a running server. */
export function clientCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--url <url>', 'the server (default: where HOST and PORT say, http://127.0.0.1:3000)')
    .option('--json', 'print the answer of the server as JSON')
}

/** The client for what `clientCommand` was told. @throws CommandFailure */
export async function connect({ url }: ClientOptions): Promise<AdminClient> {
  return createAdminClient(await findConnection(url))
}

/** Prints an answer: as it came for programs, else as `describe` has it. */
export function print<Answer>(
  answer: Answer,
  { json }: ClientOptions,
  describe: (answer: Answer) => string,
): void {
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : describe(answer))
}
