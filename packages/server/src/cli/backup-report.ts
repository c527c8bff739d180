import { BackupError } from '../backup/backup-error.ts'
import type { Totals } from '../backup/backup-format.ts'
import type { KeptSecret } from '../backup/backup-place.ts'
import { CommandFailure } from './command-failure.ts'
import { describeStartFailure } from './start-failure.ts'

/** The totals in a line for people. */
export function describeTotals(totals: Totals): string {
  const rowsOf = (table: string) => Number(totals[table]?.rows ?? 0).toLocaleString('en')
  const sumOf = (column: string) => BigInt(totals.usage_events?.sums[column] ?? 0).toLocaleString('en')
  return (
    `${rowsOf('users')} users, ${rowsOf('sessions')} sessions, ${rowsOf('usage_events')} usage events ` +
    `(${sumOf('prompts')} prompts, ${sumOf('tokens')} tokens)`
  )
}

/** A line for each secret: where it is, never what it is. */
export function describeSecrets(secrets: readonly KeptSecret[]): string {
  return secrets
    .map(({ setting, file }) => {
      const place =
        file === null ? `what ${setting} is set to for the present server` : `the content of ${file}`
      return `  ${setting.padEnd(12)} ${place}\n`
    })
    .join('')
}

export function backupFailure(error: unknown): CommandFailure {
  return new CommandFailure(error instanceof BackupError ? error.message : describeStartFailure(error))
}
