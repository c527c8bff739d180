import { Command, CommanderError } from 'commander'
import { version } from '../version.ts'
import { CommandFailure, EXIT_CODES, EXIT_CODES_HELP } from './command-failure.ts'

interface CommandEntry {
  readonly name: string
  readonly summary: string
  load(): Promise<Command>
}

/** Each is loaded when it is named: the server and the databases weigh much that `users list` does not need. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'start the server',
    load: async () => (await import('./serve-command.ts')).serveCommand(),
  },
  {
    name: 'users',
    summary: 'add, list, change, remove and import users',
    load: async () => (await import('./users-command.ts')).usersCommand(),
  },
  {
    name: 'plans',
    summary: 'list, show, create, change and remove plans: what users are granted',
    load: async () => (await import('./plans-command.ts')).plansCommand(),
  },
  {
    name: 'prices',
    summary: 'list, set, remove and import what models cost',
    load: async () => (await import('./prices-command.ts')).pricesCommand(),
  },
  {
    name: 'usage',
    summary: 'show the usage of a user over time',
    load: async () => (await import('./usage-command.ts')).usageCommand(),
  },
  {
    name: 'sessions',
    summary: 'list the sessions of a user, or revoke them',
    load: async () => (await import('./sessions-command.ts')).sessionsCommand(),
  },
  {
    name: 'correct',
    summary: 'amend the usage of a user',
    load: async () => (await import('./correct-command.ts')).correctCommand(),
  },
  {
    name: 'admin-link',
    summary: 'print a link that opens the dashboard as the operator, once',
    load: async () => (await import('./admin-link-command.ts')).adminLinkCommand(),
  },
  {
    name: 'backup',
    summary: 'write everything in the database to a file',
    load: async () => (await import('./backup-command.ts')).backupCommand(),
  },
  {
    name: 'restore',
    summary: 'fill an empty database from a backup',
    load: async () => (await import('./restore-command.ts')).restoreCommand(),
  },
  {
    name: 'move',
    summary: 'copy the embedded database into an empty PostgreSQL, verified',
    load: async () => (await import('./move-command.ts')).moveCommand(),
  },
  {
    name: 'seed',
    summary: 'fill an empty database with demo data',
    load: async () => (await import('./seed-command.ts')).seedCommand(),
  },
]

const HELP = `
Users, plans, prices, usage, sessions, corrections and links are asked of a running server, by --url or where HOST and PORT
say. The key is ADMIN_KEY, from the environment or .env, else the one in the data folder (DATA_DIR, ./data).
${EXIT_CODES_HELP}

Examples:
  $ promptmeter serve
  $ promptmeter users add ada@example.com --threshold 100
  $ promptmeter plans set pro --limit prompts/month=1000 --limit cost/month=5.00
  $ promptmeter usage ada@example.com --interval month
  $ promptmeter users --help`

/** Runs one command line and gives the exit code of the process. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  process.stdout.on('error', endWithReader)
  const program = new Command('promptmeter')
    .description('Sign-in, metering and quotas for AI editor extensions')
    .version(version)
    .addHelpText('after', HELP)
  for (const { name, summary, load } of COMMANDS) {
    program.addCommand(
      argv.includes(name) ? (await load()).summary(summary) : new Command(name).summary(summary),
    )
  }
  forEachCommand(program, (command) => command.exitOverride().showHelpAfterError('(--help tells more)'))
  try {
    await program.parseAsync([...argv])
    return EXIT_CODES.ok
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeOf(error)
    if (!(error instanceof CommandFailure)) throw error
    process.stderr.write(`${error.message}\n`)
    return error.exitCode
  }
}

/** Whoever reads our output, `head` say, may have had enough of it. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT_CODES.ok)
  throw error
}

function forEachCommand(command: Command, work: (command: Command) => void): void {
  work(command)
  for (const child of command.commands) forEachCommand(child, work)
}

/** Commander ends with 1 whatever was wrong with the command line; what a command itself chose stays. */
function exitCodeOf({ code, exitCode }: CommanderError): number {
  return exitCode === 0 || code === 'commander.error' ? exitCode : EXIT_CODES.usage
}
