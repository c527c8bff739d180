import type { Config } from './config.ts'
import { createDataFolder, dataFolder, keptSecret } from './data-folder.ts'

/** What must never reach a log, an answer or the database. */
export interface Secrets {
  /** The secret that signs, then those it replaced. */
  readonly jwt: readonly [string, ...string[]]
  /** `null` means that there is no admin API. */
  readonly adminKey: string | null
}

/** The secrets of the settings; while embedded, those not set are made once and kept in the data folder. */
export async function loadSecrets(config: Config): Promise<Secrets> {
  const { jwtSecret, previousJwtSecrets, adminKey } = config.secrets
  const embedded = config.database.url === null
  const folder = dataFolder(config.dataDir)
  if (embedded) await createDataFolder(folder)
  return {
    jwt: [jwtSecret ?? (await keptSecret(folder.jwtSecret)), ...previousJwtSecrets],
    adminKey: adminKey ?? (embedded ? await keptSecret(folder.adminKey) : null),
  }
}
