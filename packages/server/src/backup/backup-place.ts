import { existsSync } from 'node:fs'
import type { StorageConfig } from '../config/config.ts'
import { dataFolder } from '../config/data-folder.ts'
import type { Database } from '../database/database.ts'
import { FolderInUseError } from '../database/folder-lock.ts'
import { connectDatabase } from '../database/open-database.ts'
import { BackupError } from './backup-error.ts'

/**
 * Opens the database itself, not the server before it, for as long as a backup or restore takes.
 * @throws BackupError while a server has the embedded database open; StartupError
 */
export async function openPlace(config: StorageConfig): Promise<Database> {
  // Some statements pass over everything there is, and take as long as that takes.
  const patient = { ...config, database: { ...config.database, patient: true } }
  return connectDatabase(patient, () => {}).catch((error) => {
    if (!(error instanceof FolderInUseError)) throw error
    throw new BackupError(
      `The embedded database in ${config.dataDir} is in use, most likely by a running server. Stop it for the few ` +
        'seconds this takes; on PostgreSQL (DATABASE_URL) backups need no pause.',
      { cause: error },
    )
  })
}

/** The same where something must be there already: opening would otherwise make an empty database. */
export async function openFilledPlace(config: StorageConfig): Promise<Database> {
  if (config.database.url === null && !existsSync(dataFolder(config.dataDir).database)) {
    throw new BackupError(
      `There is no embedded database in ${config.dataDir}: set DATA_DIR to the data folder, or DATABASE_URL.`,
    )
  }
  return openPlace(config)
}

/** A secret that the data is of little use without, and that no backup holds. */
export interface KeptSecret {
  readonly setting: 'JWT_SECRET' | 'JWT_SECRET_PREVIOUS' | 'ADMIN_KEY'
  /** Where the server made and keeps it; null where the operator set it. */
  readonly file: string | null
}

/** Where the secrets of this server are; never what they are. */
export function secretsOf({ dataDir, database, secrets }: StorageConfig): KeptSecret[] {
  const folder = dataFolder(dataDir)
  const keptIn = (file: string) => (database.url === null && existsSync(file) ? file : null)
  const found: KeptSecret[] = [
    { setting: 'JWT_SECRET', file: secrets.jwtSecret === null ? keptIn(folder.jwtSecret) : null },
  ]
  if (secrets.previousJwtSecrets.length > 0) found.push({ setting: 'JWT_SECRET_PREVIOUS', file: null })
  const adminKeyFile = secrets.adminKey === null ? keptIn(folder.adminKey) : null
  if (secrets.adminKey !== null || adminKeyFile !== null) {
    found.push({ setting: 'ADMIN_KEY', file: adminKeyFile })
  }
  return found
}
