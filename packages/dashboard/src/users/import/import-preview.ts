import { type Header, type ImportLine, importLines } from '@promptmeter/user-csv'

/** Lines that are shown before anything is sent. */
const SHOWN_LINES = 10

export interface BadLine {
  /** Counted from 1, the header included. */
  readonly line: number
  readonly problem: string
}

/** What a file holds, as far as it can be told without the server. */
export interface ImportPreview {
  readonly header: Header
  readonly first: readonly ImportLine[]
  /** How many rows can be sent. */
  readonly rowCount: number
  readonly badLines: readonly BadLine[]
}

/** Reads the whole of a file and keeps little of it. @throws ColumnError when it has no header that could be read */
export async function previewImport(chunks: AsyncIterable<Uint8Array>): Promise<ImportPreview> {
  const headers: Header[] = []
  const first: ImportLine[] = []
  const badLines: BadLine[] = []
  let rowCount = 0
  for await (const line of importLines(chunks, (header) => headers.push(header))) {
    if (first.length < SHOWN_LINES) first.push(line)
    if (line.row === null) badLines.push({ line: line.line, problem: line.problem })
    else rowCount++
  }
  return { header: headers[0] as Header, first, rowCount, badLines }
}
