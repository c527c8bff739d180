import { BackupError, damaged } from './backup-error.ts'

/** The format of the file, apart from the schema of what is in it. It rises when an older reader could not read on. */
export const FORMAT_VERSION = 1

const FORMAT = 'promptmeter-backup'

/** What a backup is made of, in this order: the header, for each table its name and then its rows, the trailer. */
export type BackupPart =
  | { readonly kind: 'header'; readonly header: BackupHeader }
  | { readonly kind: 'table'; readonly table: BackupTable }
  /** Rows of the table before, each a JSON object without line breaks, as PostgreSQL writes it. */
  | { readonly kind: 'rows'; readonly rows: readonly string[] }
  | { readonly kind: 'trailer'; readonly totals: Totals }

export interface BackupHeader {
  readonly schemaVersion: number
  readonly createdAt: string
  readonly serverVersion: string
}

export interface BackupTable {
  readonly name: string
  readonly columns: readonly string[]
  /** How many rows follow. */
  readonly rows: number
}

/** By table. */
export type Totals = Readonly<Record<string, TableTotals>>

export interface TableTotals {
  readonly rows: number
  /** The sum of each column of whole numbers, as text: it may pass what a JavaScript number holds. */
  readonly sums: Readonly<Record<string, string>>
}

export function formatHeader(header: BackupHeader): string {
  return JSON.stringify({ format: FORMAT, formatVersion: FORMAT_VERSION, ...header })
}

/** @throws BackupError when the line begins no backup, or one this build cannot read */
export function parseHeader(line: string): BackupHeader {
  const header = parseObject(line)
  if (header?.format !== FORMAT) throw notABackup()
  if (header.formatVersion !== FORMAT_VERSION) {
    throw new BackupError(
      `This backup has format ${header.formatVersion}, this Promptmeter reads ${FORMAT_VERSION}: ` +
        'restore it with the version of Promptmeter that made it, or a newer one.',
    )
  }
  const { schemaVersion, createdAt, serverVersion } = header
  if (!isCount(schemaVersion) || typeof createdAt !== 'string' || typeof serverVersion !== 'string') {
    throw damaged('its first line is incomplete')
  }
  return { schemaVersion, createdAt, serverVersion }
}

export function formatTable({ name, columns, rows }: BackupTable): string {
  return JSON.stringify({ table: name, columns, rows })
}

export function formatTrailer(totals: Totals, sha256: string): string {
  return JSON.stringify({ totals, sha256 })
}

/** A line between the rows: the next table, or the end. @throws BackupError when it is neither */
export function parseSection(line: string): BackupTable | { totals: Totals; sha256: string } {
  const section = parseObject(line)
  if (section !== null && typeof section.table === 'string') {
    const { table: name, columns, rows } = section
    if (isListOfText(columns) && isCount(rows)) return { name, columns, rows }
  }
  if (section !== null && typeof section.sha256 === 'string' && isTotals(section.totals)) {
    return { totals: section.totals, sha256: section.sha256 }
  }
  throw damaged('a line is neither a table nor the end')
}

export function notABackup(cause?: unknown): BackupError {
  return new BackupError('This is not a backup made by `promptmeter backup`.', { cause })
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(line)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isTotals(value: unknown): value is Totals {
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).every(
    (table) => typeof table === 'object' && isCount(table?.rows) && typeof table.sums === 'object',
  )
}
