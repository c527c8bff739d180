import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { BackupError } from './backup-error.ts'
import type { BackupPart } from './backup-format.ts'
import { formatParts, parseParts } from './backup-stream.ts'

/** Stands for standard output, or input, in place of a file. */
export const STANDARD_STREAM = '-'

export interface WriteOptions {
  /** Replaces a file that is there. */
  readonly force: boolean
  /** Ends the writing early; nothing is left behind. */
  readonly signal: AbortSignal
}

/**
 * Writes a backup to `file`, for its owner alone to read: it holds everybody's address. The file appears whole and
 * durable, or not at all: it grows under another name beside.
 * @throws BackupError when the file is there, or cannot be written; whatever `parts` throws
 */
export async function writeBackupFile(
  file: string,
  parts: AsyncIterable<BackupPart>,
  { force, signal }: WriteOptions,
): Promise<void> {
  const target = await chooseTarget(file, force)
  // A name of its own: two backups to one file at once must not write into each other.
  const partial = `${target}.${randomBytes(6).toString('hex')}.partial`
  const handle = await open(partial, 'wx', 0o600).catch((error) => throwUnwritable(file, error))
  try {
    await compressInto(handle.createWriteStream({ flush: true }), file, parts, { signal })
    await chooseTarget(file, force)
    await rename(partial, target).catch((error) => throwUnwritable(file, error))
    await syncFolder(dirname(target))
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

/** The same to standard output. */
export async function writeBackupToOutput(
  parts: AsyncIterable<BackupPart>,
  signal: AbortSignal,
): Promise<void> {
  await compressInto(process.stdout, 'to standard output', parts, { signal, end: false })
}

async function compressInto(
  output: Writable,
  name: string,
  parts: AsyncIterable<BackupPart>,
  options: { signal: AbortSignal; end?: boolean },
): Promise<void> {
  let readError: unknown
  const watched = async function* () {
    try {
      yield* formatParts(parts)
    } catch (error) {
      readError = error
      throw error
    }
  }
  await pipeline(watched, createGzip(), output, options).catch((error) => {
    if (error === readError) throw error
    if (options.signal.aborted) throw new BackupError('Stopped before the end.')
    throwUnwritable(name, error)
  })
}

/** @throws BackupError, see parseParts */
export function readBackupFile(file: string): AsyncGenerator<BackupPart, void, undefined> {
  return parseParts(file === STANDARD_STREAM ? process.stdin : createReadStream(file))
}

async function chooseTarget(file: string, force: boolean): Promise<string> {
  const there = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    return throwUnwritable(file, error)
  })
  if (there === null) return file
  if (!there.isFile()) throw new BackupError(`${file} is no file. Use - to write to standard output.`)
  if (!force) throw new BackupError(`${file} is there already. Give another name, or --force to replace it.`)
  return realpath(file)
}

/** Makes the new name itself durable, where the system can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => null)
  await handle?.sync().catch(() => {})
  await handle?.close()
}

function throwUnwritable(file: string, error: NodeJS.ErrnoException): never {
  throw new BackupError(`Cannot write ${file}: ${error.message}`, { cause: error })
}
