import { styleText } from 'node:util'

export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string
  /** Numbers stand at the right, so that their digits line up. */
  readonly numeric?: boolean
}

/** Rows in aligned columns under their titles, for people. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(({ value }) => value(row)))
  const widths = columns.map(({ title }, index) =>
    cells.reduce((width, line) => Math.max(width, (line[index] as string).length), title.length),
  )
  const formatLine = (line: readonly string[]) =>
    columns
      .map(({ numeric }, index) => {
        const width = widths[index] as number
        return numeric ? (line[index] as string).padStart(width) : (line[index] as string).padEnd(width)
      })
      .join('  ')
      .trimEnd()
  const titles = formatLine(columns.map(({ title }) => title))
  return [styleText('bold', titles), ...cells.map(formatLine)].map((line) => `${line}\n`).join('')
}

/** One thing, a line for each of its fields. */
export function formatFields(fields: readonly (readonly [string, string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length))
  return fields.map(([name, value]) => `${styleText('bold', name.padEnd(width))}  ${value}\n`).join('')
}

const GROUPED = new Intl.NumberFormat('en-US')

export function formatCount(count: number): string {
  return GROUPED.format(count)
}

export function formatThreshold(threshold: number): string {
  return threshold === Number.MAX_SAFE_INTEGER ? 'none' : formatCount(threshold)
}

/** To the minute, UTC. */
export function formatInstant(instant: string | null): string {
  return instant === null ? '-' : instant.slice(0, 16).replace('T', ' ')
}
