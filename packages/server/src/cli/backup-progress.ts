import type { BackupPart } from '../backup/backup-format.ts'
import { ProgressBar } from './progress-bar.ts'
import { formatCount } from './table.ts'

/** Passes a backup on and tells, on a terminal, how far it has come in each table. */
export async function* showProgress(
  parts: AsyncIterable<BackupPart>,
): AsyncGenerator<BackupPart, void, undefined> {
  let bar = new ProgressBar(process.stderr, null)
  let table = ''
  let done = 0
  try {
    for await (const part of parts) {
      if (part.kind === 'table') {
        bar.clear()
        bar = new ProgressBar(process.stderr, part.table.rows)
        table = part.table.name
        done = 0
      } else if (part.kind === 'rows') {
        done += part.rows.length
        bar.update(done, `${formatCount(done)} rows of ${table}`)
      }
      yield part
    }
  } finally {
    bar.clear()
  }
}
