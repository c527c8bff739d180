import { Command } from 'commander'
import type { StorageConfig } from '../config/config.ts'
import { loadStorageConfig } from '../config/env.ts'
import type { Database } from '../database/database.ts'
import { FolderInUseError } from '../database/folder-lock.ts'
import { connectDatabase } from '../database/open-database.ts'
import { SeedError, type SeedSummary } from '../seed/seed-options.ts'
import { seedDatabase } from '../seed/seed-service.ts'
import { CommandFailure } from './command-failure.ts'
import { parseCount } from './option-values.ts'
import { ProgressBar } from './progress-bar.ts'
import { describeStartFailure } from './start-failure.ts'
import { formatCount } from './table.ts'

interface SeedCommandOptions {
  readonly users: number
  readonly active: number
  readonly events: number
  readonly days: number
  readonly randomSeed: number
  readonly force?: boolean
  readonly json?: boolean
}

/** Bounds of what the made-up addresses, ids and years have room for. */
const MOST = { users: 1_000_000, active: 100_000, events: 10_000_000, days: 1000, randomSeed: 1_000_000 }

export function seedCommand(): Command {
  return new Command('seed')
    .description('fill an empty database with demo data: made-up users and a year of their usage')
    .option('--users <number>', 'users there are to be', parseCount, 100_000)
    .option('--active <number>', 'those of them who have used something', parseCount, 2_000)
    .option('--events <number>', 'about how many events of usage, all together', parseCount, 1_000_000)
    .option('--days <number>', 'how far back usage goes', parseCount, 365)
    .option('--random-seed <number>', 'another number makes other users and other usage', parseCount, 1)
    .option('--force', 'also into a database that is in use: the two cannot be told apart afterwards')
    .option('--json', 'print what was written as JSON')
    .addHelpText(
      'after',
      `
Writes to the database that DATABASE_URL or DATA_DIR names, all or nothing; the embedded one has to be stopped
meanwhile. It is for looking at Promptmeter, never for a server that people use: nobody in it is real.

Examples:
  $ promptmeter seed
  $ DATA_DIR=./demo promptmeter seed --users 5000 --active 500 --events 100000`,
    )
    .action(async ({ json, ...options }: SeedCommandOptions) => {
      for (const [name, most] of Object.entries(MOST) as [keyof typeof MOST, number][]) {
        if (options[name] <= most) continue
        throw new CommandFailure(`Too much: ${name} may be ${formatCount(most)} at most.`)
      }
      try {
        const config = loadStorageConfig()
        const summary = await seed(config, options)
        process.stdout.write(json ? `${JSON.stringify(summary)}\n` : report(summary, config))
      } catch (error) {
        if (error instanceof CommandFailure) throw error
        throw new CommandFailure(error instanceof SeedError ? error.message : describeStartFailure(error))
      }
    })
}

async function seed(config: StorageConfig, options: Omit<SeedCommandOptions, 'json'>): Promise<SeedSummary> {
  const stopping = new AbortController()
  const stop = () => stopping.abort(new SeedError('Stopped: nothing was written.'))
  const database = await open(config)
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const bar = new ProgressBar(process.stderr, 1)
  try {
    return await seedDatabase(database, {
      ...options,
      force: options.force ?? false,
      now: new Date(),
      signal: stopping.signal,
      onProgress: (done, total) =>
        bar.update(done / total, total === done ? 'the last sums' : 'users and usage'),
    })
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    bar.clear()
    await database.close()
  }
}

async function open(config: StorageConfig): Promise<Database> {
  // Some statements pass over everything there is, and take as long as that takes.
  const patient = { ...config, database: { ...config.database, patient: true } }
  return connectDatabase(patient, () => {}).catch((error) => {
    if (!(error instanceof FolderInUseError)) throw error
    throw new SeedError(
      `The embedded database in ${config.dataDir} is in use, most likely by a running server. Stop it meanwhile.`,
      { cause: error },
    )
  })
}

function report({ users, activeUsers, events, sessions }: SeedSummary, config: StorageConfig): string {
  const place = config.database.url === null ? `the embedded database in ${config.dataDir}` : 'PostgreSQL'
  return `Filled ${place} with demo data: ${formatCount(users)} users, ${formatCount(activeUsers)} of them active, \
${formatCount(events)} usage events, ${formatCount(sessions)} sessions.
Nobody in it is real, and nothing tells it apart from what is counted from now on: keep it away from real users.
Look at it:
  npm start
  npx promptmeter admin-link    a link that opens the dashboard
`
}
