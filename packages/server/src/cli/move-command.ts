import { Command } from 'commander'
import { openFilledPlace, openPlace, secretsOf } from '../backup/backup-place.ts'
import { readDatabase } from '../backup/database-reader.ts'
import { type BackupSummary, type WriteOptions, writeDatabase } from '../backup/database-writer.ts'
import type { StorageConfig } from '../config/config.ts'
import { environment, loadStorageConfig } from '../config/env.ts'
import { showProgress } from './backup-progress.ts'
import { backupFailure, describeSecrets, describeTotals } from './backup-report.ts'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'

interface MoveOptions {
  readonly to?: string
  readonly acceptUnbalanced?: boolean
  readonly json?: boolean
}

export function moveCommand(): Command {
  return new Command('move')
    .description('copy the embedded database into an empty PostgreSQL, verified')
    .option(
      '--to <url>',
      'postgres://… with its TLS parameters; when left out DATABASE_URL, which keeps the password out of the process list',
    )
    .option(
      '--accept-unbalanced',
      'also take users whose counts are not the sum of their events, as they are',
    )
    .option('--json', 'print what was moved as JSON')
    .addHelpText(
      'after',
      `
Reads the embedded database in DATA_DIR, with its server stopped, and leaves it as it is. The target must be empty; it
gets everything, or nothing when counts or sums differ.

Example:
  $ promptmeter move --to 'postgres://promptmeter:…@db.example.com/promptmeter?sslmode=verify-full'`,
    )
    .action(async ({ to = environment().DATABASE_URL, json, ...options }: MoveOptions) => {
      if (!isPostgresUrl(to)) {
        // Not told back: it may hold a password.
        throw new CommandFailure(
          "error: give --to 'postgres://…', or set DATABASE_URL to it",
          EXIT_CODES.usage,
        )
      }
      try {
        const target = loadStorageConfig({ DATABASE_URL: to })
        const source = { ...target, database: { ...target.database, url: null } }
        const summary = await move(source, target, options)
        process.stdout.write(json ? toJson(summary, source, to) : report(summary, source, to))
      } catch (error) {
        throw backupFailure(error)
      }
    })
}

function isPostgresUrl(text: string | undefined): text is string {
  return text !== undefined && /^postgres(ql)?:/.test(text) && URL.canParse(text)
}

async function move(from: StorageConfig, to: StorageConfig, options: WriteOptions): Promise<BackupSummary> {
  const source = await openFilledPlace(from)
  try {
    const target = await openPlace(to)
    try {
      return await writeDatabase(target, showProgress(readDatabase(source)), options)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

function toJson(summary: BackupSummary, source: StorageConfig, target: string): string {
  return `${JSON.stringify({ to: withoutUser(target), ...summary, secrets: secretsOf(source) })}\n`
}

function report(summary: BackupSummary, source: StorageConfig, target: string): string {
  return `Moved ${describeTotals(summary.totals)} to ${withoutUser(target)}.
Counts and sums were compared: they are the same in both.
Start the server from now on with
  DATABASE_URL the address it was moved to
${describeSecrets(secretsOf(source))}so that everybody stays signed in. The embedded database in ${source.dataDir} is as it was: delete it when all is well.
`
}

/** Where it is, without who may enter it. */
function withoutUser(target: string): string {
  const { host, pathname } = new URL(target)
  return `postgres://${host}${pathname}`
}
