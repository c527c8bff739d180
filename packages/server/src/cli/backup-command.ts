import { Command } from 'commander'
import { STANDARD_STREAM, writeBackupFile, writeBackupToOutput } from '../backup/backup-file.ts'
import type { BackupPart } from '../backup/backup-format.ts'
import { openFilledPlace, secretsOf } from '../backup/backup-place.ts'
import { readDatabase } from '../backup/database-reader.ts'
import type { BackupSummary } from '../backup/database-writer.ts'
import type { StorageConfig } from '../config/config.ts'
import { loadStorageConfig } from '../config/env.ts'
import { showProgress } from './backup-progress.ts'
import { backupFailure, describeSecrets, describeTotals } from './backup-report.ts'

interface BackupOptions {
  readonly force?: boolean
  readonly json?: boolean
}

export function backupCommand(): Command {
  return new Command('backup')
    .description('write everything in the database to a file')
    .argument('<file>', 'where to write it; - for standard output')
    .option('--force', 'replace the file when it is there')
    .option('--json', 'print what was written as JSON')
    .addHelpText(
      'after',
      `
Reads the database that DATABASE_URL or DATA_DIR names, as of one moment. On PostgreSQL the server goes on meanwhile;
the embedded database has to be stopped for the few seconds it takes.
The file is compressed, holds everybody's address and no secret, and fits both databases.

Examples:
  $ promptmeter backup promptmeter.backup
  $ promptmeter backup - | age -r age1… > promptmeter.backup.age`,
    )
    .action(async (file: string, options: BackupOptions) => {
      // Where the backup itself goes to standard output, what there is to say goes beside it.
      const output = file === STANDARD_STREAM ? process.stderr : process.stdout
      try {
        const config = loadStorageConfig()
        const summary = await backUp(config, file, options.force ?? false)
        output.write(report(file, summary, config, options))
      } catch (error) {
        throw backupFailure(error)
      }
    })
}

async function backUp(config: StorageConfig, file: string, force: boolean): Promise<BackupSummary> {
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const database = await openFilledPlace(config)
  try {
    let summary: Partial<BackupSummary> = {}
    const watched = async function* (): AsyncGenerator<BackupPart, void, undefined> {
      for await (const part of showProgress(readDatabase(database, warnOfUnbalanced))) {
        if (part.kind === 'header') summary = part.header
        if (part.kind === 'trailer') summary = { ...summary, totals: part.totals }
        yield part
      }
    }
    const { signal } = stopping
    if (file === STANDARD_STREAM) await writeBackupToOutput(watched(), signal)
    else await writeBackupFile(file, watched(), { force, signal })
    return summary as BackupSummary
  } finally {
    await database.close()
  }
}

function warnOfUnbalanced(userIds: readonly string[]): void {
  process.stderr.write(
    `Warning: the counts of these users are not the sum of their events, days and hours: ${userIds.join(', ')}. ` +
      'The backup is complete; a restore will ask for --accept-unbalanced.\n',
  )
}

function report(
  file: string,
  summary: BackupSummary,
  config: StorageConfig,
  { json }: BackupOptions,
): string {
  const secrets = secretsOf(config)
  if (json) return `${JSON.stringify({ file, ...summary, secrets })}\n`
  return `Backed up ${describeTotals(summary.totals)}.
The secrets are not in the backup. Keep them as safe, in another place:
${describeSecrets(secrets)}Without the same JWT_SECRET everybody has to sign in again.
`
}
