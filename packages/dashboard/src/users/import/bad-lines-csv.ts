import type { BadLine } from './import-preview.ts'

/** A file of the lines that were left out, for a spreadsheet. */
export function badLinesCsv(badLines: readonly BadLine[]): string {
  const rows = inOrder(badLines).map(({ line, problem }) => `${line},"${problem.replaceAll('"', '""')}"`)
  return `${['line,problem', ...rows].join('\r\n')}\r\n`
}

/** The server tells of a line later than the lines behind it are read. */
export function inOrder(badLines: readonly BadLine[]): readonly BadLine[] {
  return badLines.toSorted((one, other) => one.line - other.line)
}
