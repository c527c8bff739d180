import type { ImportRow } from '@promptmeter/contract'
import { csvRecords } from './csv-records.ts'
import { ColumnError, type Header, maySpanLines, readHeader, readRow } from './import-columns.ts'

/** A line of users below the header: a row to send, or what is wrong with it. */
export type ImportLine = {
  /** Counted from 1, the header included. */
  readonly line: number
  /** As they stand in the file; none where they cannot be told apart. */
  readonly fields: readonly string[]
} & ({ readonly row: ImportRow; readonly problem: null } | { readonly row: null; readonly problem: string })

/**
 * Reads a file of users as a stream. Lines that hold nothing are passed over.
 * @param accept is told the header, before any line; what it throws ends the reading
 * @throws ColumnError when the file has no header that could be read
 */
export async function* importLines(
  chunks: AsyncIterable<Uint8Array>,
  accept: (header: Header) => void,
): AsyncGenerator<ImportLine> {
  let header: Header | null = null
  const records = csvRecords(chunks, (fields) => maySpanLines(fields, header?.columns ?? []))
  for await (const { line, fields, problem } of records) {
    if (header === null) {
      if (fields === null) throw new ColumnError(`line ${line}: ${problem}`)
      header = readHeader(fields)
      accept(header)
      continue
    }
    if (fields === null) {
      yield { line, fields: [], row: null, problem: problem as string }
      continue
    }
    const row = readRow(fields, header.columns)
    if (typeof row === 'string') yield { line, fields, row: null, problem: row }
    else if (row !== null) yield { line, fields, row, problem: null }
  }
  if (header === null) throw new ColumnError('There is nothing in it, not even a line of column names.')
}
