import { Command, CommanderError } from 'commander'
import { version } from '../version.ts'
import { serveCommand } from './serve-command.ts'

/** Runs one command line and gives the exit code of the process. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const program = new Command('promptmeter')
    .description('Sign-in, metering and quotas for AI editor extensions')
    .version(version)
    .exitOverride()
    .addCommand(serveCommand())
  try {
    await program.parseAsync([...argv])
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    throw error
  }
}
