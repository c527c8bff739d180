import { StartupError } from './database-errors.ts'

export interface FolderLock {
  release(): void
}

/** Another process has the embedded database open. */
export class FolderInUseError extends StartupError {
  constructor(lockFile: string, options?: ErrorOptions) {
    super(
      `Another process has the data folder open (${lockFile} is locked). Only one server may use an embedded ` +
        'database: stop the other one, set another DATA_DIR, or set DATABASE_URL to share a PostgreSQL server.',
      options,
    )
    this.name = 'FolderInUseError'
  }
}

/**
 * Takes the lock of an embedded data folder, or refuses at once. It is SQLite's lock on an open file, so the operating
 * system gives it up the moment its process dies, however it dies: nothing stale can stay behind, and containers that
 * share a folder see each other, which a file with a process id in it cannot give.
 * @throws FolderInUseError when another process holds it
 */
export function lockFolder(file: string): FolderLock {
  const { DatabaseSync } = sqlite()
  const connection = new DatabaseSync(file, { timeout: 0 })
  try {
    connection.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    connection.close()
    if (!/locked|busy/i.test((error as Error).message)) throw error
    throw new FolderInUseError(file, { cause: error })
  }
  return { release: () => connection.close() }
}

/** Node calls its SQLite experimental and says so on every start; for opening one file that warning helps nobody. */
function sqlite(): typeof import('node:sqlite') {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
