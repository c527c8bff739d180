import type { Config } from '../config/config.ts'
import { createDataFolder, dataFolder } from '../config/data-folder.ts'
import type { Database } from './database.ts'
import { lockFolder } from './folder-lock.ts'
import { migrate, type WhenCreated } from './migrate.ts'
import { openPostgres } from './postgres.ts'

export type DatabasePlace = Pick<Config, 'dataDir' | 'database'>

export interface OpenedDatabase {
  readonly database: Database
  /** True when nothing was in it before: the first start. */
  readonly created: boolean
}

/**
 * Opens the database the settings name and brings its schema up to date.
 * @throws StartupError when the folder is in use or the schema is newer than this build
 */
export async function openDatabase(
  config: DatabasePlace,
  onError: (error: Error) => void,
  whenCreated?: WhenCreated,
): Promise<OpenedDatabase> {
  const database = await connectDatabase(config, onError)
  try {
    const versionBefore = await migratePatiently(config, database, onError, whenCreated)
    return { database, created: versionBefore === 0 }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** Over a connection of its own to PostgreSQL: the timeouts of the others would cut a long migration off. */
async function migratePatiently(
  { database: config }: DatabasePlace,
  database: Database,
  onError: (error: Error) => void,
  whenCreated?: WhenCreated,
): Promise<number> {
  if (config.url === null) return migrate(database.kysely, whenCreated)
  const patient = openPostgres(config.url, { ...config, poolSize: 2, patient: true }, onError)
  try {
    return await migrate(patient.kysely, whenCreated)
  } finally {
    await patient.close()
  }
}

/**
 * Opens the database the settings name and leaves its schema as it is.
 * @throws FolderInUseError, StartupError
 */
export async function connectDatabase(
  config: DatabasePlace,
  onError: (error: Error) => void,
): Promise<Database> {
  if (config.database.url !== null) return openPostgres(config.database.url, config.database, onError)

  const folder = dataFolder(config.dataDir)
  await createDataFolder(folder)
  const lock = lockFolder(folder.lock)
  try {
    // Loaded only here: the engine weighs hundreds of megabytes that a server on PostgreSQL never needs.
    const { openEmbedded } = await import('./embedded.ts')
    const database = await openEmbedded(folder.database)
    return {
      ...database,
      async close() {
        await database.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}
