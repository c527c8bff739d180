import { parse } from '#csv-parse'
import { MAX_LINE_LENGTH, textLines } from './text-lines.ts'

/** One record of a CSV file, or what is wrong with the line. */
export interface CsvRecord {
  /** The line it starts on, counted from 1. */
  readonly line: number
  readonly fields: readonly string[] | null
  readonly problem: string | null
}

/** Most lines that one record may span. */
const MAX_RECORD_LINES = 100

interface Line {
  readonly number: number
  readonly text: string | null
}

/**
 * Reads CSV (RFC 4180) as a stream. A quote that is never closed spoils its own line, not the rest of the file: the
 * lines after it are read again, each by itself. Blank lines are passed over. The first line tells whether commas,
 * semicolons or tabs stand between the fields.
 * @param maySpanLines whether these fields may really be one record of several lines
 */
export async function* csvRecords(
  chunks: AsyncIterable<Uint8Array>,
  maySpanLines: (fields: readonly string[]) => boolean,
): AsyncGenerator<CsvRecord> {
  const source = textLines(chunks)
  const readAgain: Line[] = []
  let lineNumber = 0
  let delimiter: string | null = null

  const nextLine = async (): Promise<Line | null> => {
    const known = readAgain.shift()
    if (known !== undefined) return known
    const { value, done } = await source.next()
    return done ? null : { number: ++lineNumber, text: value }
  }

  for (let line = await nextLine(); line !== null; line = await nextLine()) {
    const { number, text } = line
    if (text === null) {
      yield { line: number, fields: null, problem: `The line is longer than ${MAX_LINE_LENGTH} characters.` }
      continue
    }
    if (text.trim() === '') continue
    delimiter ??= delimiterOf(text)
    if (!text.includes('"')) {
      yield { line: number, fields: text.split(delimiter), problem: null }
      continue
    }
    const more = await readQuotedLines(text, nextLine)
    const whole = [text, ...more.map((following) => following.text)].join('\n')
    const parsed = parseRecord(whole, delimiter)
    const fields = parsed !== null && more.length > 0 && !maySpanLines(parsed) ? null : parsed
    if (fields === null) readAgain.unshift(...more)
    yield { line: number, fields, problem: fields === null ? 'The quotes of this line do not match.' : null }
  }
}

function delimiterOf(header: string): string {
  return [',', ';', '\t'].find((candidate) => header.includes(candidate)) ?? ','
}

/** The lines that follow while a quote is open, as far as a record may reach. */
async function readQuotedLines(text: string, nextLine: () => Promise<Line | null>): Promise<Line[]> {
  const lines: Line[] = []
  let open = hasOddQuotes(text)
  let length = text.length
  while (open && lines.length < MAX_RECORD_LINES && length <= MAX_LINE_LENGTH) {
    const line = await nextLine()
    if (line === null) break
    lines.push(line)
    if (line.text === null) break
    length += line.text.length
    if (hasOddQuotes(line.text)) open = false
  }
  return lines
}

function hasOddQuotes(text: string): boolean {
  return text.split('"').length % 2 === 0
}

/** Null when this is not one record. */
function parseRecord(text: string, delimiter: string): string[] | null {
  try {
    const records: string[][] = parse(text, { delimiter, record_delimiter: '\n', relax_column_count: true })
    return records.length === 1 ? (records[0] as string[]) : null
  } catch {
    return null
  }
}
