import { Command } from 'commander'
import { readBackupFile } from '../backup/backup-file.ts'
import { openPlace } from '../backup/backup-place.ts'
import { type BackupSummary, writeDatabase } from '../backup/database-writer.ts'
import type { StorageConfig } from '../config/config.ts'
import { dataFolder } from '../config/data-folder.ts'
import { loadStorageConfig } from '../config/env.ts'
import { showProgress } from './backup-progress.ts'
import { backupFailure, describeTotals } from './backup-report.ts'

interface RestoreOptions {
  readonly acceptUnbalanced?: boolean
  readonly json?: boolean
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description('fill an empty database from a backup')
    .argument('<file>', 'what `promptmeter backup` wrote; - for standard input')
    .option(
      '--accept-unbalanced',
      'also take users whose counts are not the sum of their events, as they are',
    )
    .option('--json', 'print what was restored as JSON')
    .addHelpText(
      'after',
      `
Writes to the database that DATABASE_URL or DATA_DIR names, which must be empty: all of the backup or, when anything in
it is damaged, nothing. Counts and sums are compared before it counts.

Examples:
  $ promptmeter restore promptmeter.backup
  $ DATABASE_URL=postgres://… promptmeter restore promptmeter.backup`,
    )
    .action(async (file: string, options: RestoreOptions) => {
      try {
        const config = loadStorageConfig()
        const summary = await restore(config, file, options)
        process.stdout.write(report(file, summary, config, options))
      } catch (error) {
        throw backupFailure(error)
      }
    })
}

async function restore(config: StorageConfig, file: string, options: RestoreOptions): Promise<BackupSummary> {
  const database = await openPlace(config)
  try {
    return await writeDatabase(database, showProgress(readBackupFile(file)), options)
  } finally {
    await database.close()
  }
}

function report(
  file: string,
  summary: BackupSummary,
  config: StorageConfig,
  { json }: RestoreOptions,
): string {
  if (json) return `${JSON.stringify({ file, ...summary })}\n`
  const embedded = config.database.url === null
  const keep = embedded ? `set it, or put it in ${dataFolder(config.dataDir).jwtSecret}` : 'set it'
  return `Restored ${describeTotals(summary.totals)}, as of ${summary.createdAt}.
Counts and sums were compared: they are those of the backup.
The secrets are not in it. Everybody stays signed in when JWT_SECRET is the one of the server it came from: ${keep}.
`
}
