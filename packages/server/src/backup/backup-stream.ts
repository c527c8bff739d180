import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { BackupError, damaged } from './backup-error.ts'
import {
  type BackupPart,
  formatHeader,
  formatTable,
  formatTrailer,
  notABackup,
  parseHeader,
  parseSection,
} from './backup-format.ts'

/** Most rows handed on at once. */
const ROWS_PER_PART = 2000

/** Longest line of a genuine backup by far, in bytes; what passes it is no backup and must not fill the memory. */
const MAX_LINE_BYTES = 16 * 1024 ** 2

const LINE_FEED = 0x0a

/** The text of a backup, line by line as JSON. The trailer carries the SHA-256 of every line before it. */
export async function* formatParts(
  parts: AsyncIterable<BackupPart>,
): AsyncGenerator<string, void, undefined> {
  const hash = createHash('sha256')
  for await (const part of parts) {
    if (part.kind === 'trailer') {
      yield `${formatTrailer(part.totals, hash.digest('hex'))}\n`
      return
    }
    const text = `${formatPart(part)}\n`
    hash.update(text)
    yield text
  }
}

function formatPart(part: Exclude<BackupPart, { kind: 'trailer' }>): string {
  if (part.kind === 'header') return formatHeader(part.header)
  if (part.kind === 'table') return formatTable(part.table)
  return part.rows.join('\n')
}

/**
 * The parts of a compressed backup.
 * @throws BackupError, at the end at the latest, when a byte of it is missing or not what was written
 */
export async function* parseParts(compressed: Readable): AsyncGenerator<BackupPart, void, undefined> {
  const lines = new LineReader(compressed)
  try {
    yield* readParts(lines)
  } finally {
    lines.close()
  }
}

async function* readParts(lines: LineReader): AsyncGenerator<BackupPart, void, undefined> {
  const hash = createHash('sha256')
  const nextLine = async () => {
    const line = await lines.next()
    if (line === null) throw damaged('it is cut short')
    return line
  }

  const first = await nextLine()
  hash.update(`${first}\n`)
  yield { kind: 'header', header: parseHeader(first) }
  let line = await nextLine()
  let section = parseSection(line)
  while (!('sha256' in section)) {
    hash.update(`${line}\n`)
    yield { kind: 'table', table: section }
    for (let left = section.rows; left > 0; ) {
      const rows: string[] = []
      while (rows.length < Math.min(left, ROWS_PER_PART)) rows.push(await nextLine())
      hash.update(`${rows.join('\n')}\n`)
      left -= rows.length
      yield { kind: 'rows', rows }
    }
    line = await nextLine()
    section = parseSection(line)
  }
  // Reading to the very end also makes the decompressor compare its own checksum.
  if ((await lines.next()) !== null) throw damaged('something follows its end')
  if (hash.digest('hex') !== section.sha256) throw damaged('its checksum is wrong')
  yield { kind: 'trailer', totals: section.totals }
}

/** Lines end at line feeds alone: labels may hold U+2028, at which `node:readline` would cut. */
class LineReader {
  readonly #compressed: Readable
  readonly #gunzip = createGunzip()
  readonly #chunks: AsyncIterator<Buffer>
  #chunk: Buffer = Buffer.alloc(0)

  constructor(compressed: Readable) {
    this.#compressed = compressed
    compressed.on('error', (error) => this.#gunzip.destroy(error))
    this.#chunks = compressed.pipe(this.#gunzip)[Symbol.asyncIterator]()
  }

  close(): void {
    this.#compressed.destroy()
    this.#gunzip.destroy()
  }

  /** The next line without its end, or null behind the last. */
  async next(): Promise<string | null> {
    let end = this.#chunk.indexOf(LINE_FEED)
    if (end === -1) end = await this.#readOn()
    if (end === -1) return null
    const line = this.#chunk.toString('utf8', 0, end)
    this.#chunk = this.#chunk.subarray(end + 1)
    return line
  }

  /** Reads until there is a whole line; gives where it ends, or -1 at the end. */
  async #readOn(): Promise<number> {
    const pieces = [this.#chunk]
    let length = this.#chunk.length
    for (;;) {
      const { value, done } = await this.#chunks.next().catch((error) => {
        throw readFailure(error)
      })
      if (done) {
        if (length > 0) throw damaged('it is cut short')
        return -1
      }
      const end = value.indexOf(LINE_FEED)
      pieces.push(value)
      length += value.length
      if (end !== -1) {
        this.#chunk = Buffer.concat(pieces)
        return length - value.length + end
      }
      if (length > MAX_LINE_BYTES) throw notABackup()
    }
  }
}

function readFailure(error: NodeJS.ErrnoException): BackupError {
  if (error.message === 'incorrect header check') return notABackup(error)
  if (error.code === 'Z_BUF_ERROR') return damaged('it is cut short', error)
  if (error.code?.startsWith('Z_')) return damaged(error.message, error)
  return new BackupError(`Cannot read the backup: ${error.message}`, { cause: error })
}
