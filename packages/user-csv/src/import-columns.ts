import type { ImportRow } from '@promptmeter/contract'

export type ImportField = keyof ImportRow

const FIELDS = [
  'email',
  'threshold',
  'promptCount',
  'tokenCount',
  'createdAt',
] as const satisfies ImportField[]

export const KNOWN_COLUMNS = FIELDS.join(', ')

/** What each column of a file is; null for one that is not ours. */
export type ImportColumns = readonly (ImportField | null)[]

export interface Header {
  readonly columns: ImportColumns
  /** Names of the columns that are not ours. */
  readonly unknown: readonly string[]
}

/** @throws ColumnError when the header cannot be that of an import */
export function readHeader(names: readonly string[]): Header {
  const columns = names.map((name) => FIELDS.find((field) => plain(field) === plain(name)) ?? null)
  const twice = columns.find((field, index) => field !== null && columns.indexOf(field) !== index)
  if (twice) throw new ColumnError(`The column ${twice} is there twice.`)
  if (!columns.includes('email')) {
    throw new ColumnError(
      `The first line must name the columns, email among them. Known are: ${KNOWN_COLUMNS}.`,
    )
  }
  return { columns, unknown: names.filter((_, index) => columns[index] === null) }
}

export class ColumnError extends Error {}

/** `Prompt Count`, `prompt_count` and `promptCount` are one name. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '')
}

/** No value of ours holds a line break: two stray quotes must not swallow the lines between them. */
export function maySpanLines(fields: readonly string[], columns: ImportColumns): boolean {
  return columns.every((column, index) => column === null || !fields[index]?.includes('\n'))
}

/** A row to send, or in a sentence what is wrong with it; null for one that holds nothing at all. */
export function readRow(fields: readonly string[], columns: ImportColumns): ImportRow | string | null {
  const values = fields.map((field) => withoutGuard(field.trim()))
  if (values.every((value) => value === '')) return null
  if (fields.length !== columns.length) {
    return `There are ${fields.length} fields; the first line names ${columns.length}.`
  }
  const row: { -readonly [Field in ImportField]?: ImportRow[Field] } = {}
  for (const [index, field] of columns.entries()) {
    const value = values[index] as string
    if (field === null || value === '') continue
    if (field === 'email') row.email = value
    else if (field === 'createdAt') row.createdAt = withZone(value)
    else if (/^\d{1,16}$/.test(value)) row[field] = Number(value)
    else return `${field} must be a whole number from 0 to 9007199254740991.`
  }
  const { email, ...rest } = row
  return email === undefined ? 'The email is missing.' : { email, ...rest }
}

/** Our export puts an apostrophe before what a spreadsheet would take for a formula. */
function withoutGuard(value: string): string {
  return /^'[=+@-]/.test(value) ? value.slice(1) : value
}

const DATE = /^\d{4}-\d\d-\d\d$/
const DATE_AND_TIME =
  /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?) ?(?:(Z|UTC)|([+-]\d\d)(?::?(\d\d))?)?$/i

/** As databases write times; UTC where they say no zone. What is none of these is left for the server to refuse. */
function withZone(text: string): string {
  if (DATE.test(text)) return `${text}T00:00:00Z`
  const parts = DATE_AND_TIME.exec(text)
  if (parts === null) return text
  const [, date, time, , hours, minutes = '00'] = parts
  return `${date}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`
}
