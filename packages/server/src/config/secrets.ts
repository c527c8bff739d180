import { type Config, ConfigError, MIN_SECRET_BYTES } from './config.ts'
import { createDataFolder, dataFolder, keptSecret } from './data-folder.ts'

/** What must never reach a log, an answer or the database. */
export interface Secrets {
  /** The secret that signs, then those it replaced. */
  readonly jwt: readonly [string, ...string[]]
  /** `null` means that there is no admin API. */
  readonly adminKey: string | null
  /** The operator's key at the AI provider. `null` means that there is none. */
  readonly apiKey: string | null
}

/**
 * The secrets of the settings; while embedded, those not set are made once and kept in the data folder.
 * @throws ConfigError when somebody put too short a secret there
 */
export async function loadSecrets(config: Config): Promise<Secrets> {
  const { jwtSecret, previousJwtSecrets, adminKey, apiKey } = config.secrets
  const embedded = config.database.url === null
  const folder = dataFolder(config.dataDir)
  if (embedded) await createDataFolder(folder)
  return {
    jwt: [jwtSecret ?? (await longSecret(folder.jwtSecret)), ...previousJwtSecrets],
    adminKey: adminKey ?? (embedded ? await longSecret(folder.adminKey) : null),
    apiKey,
  }
}

async function longSecret(file: string): Promise<string> {
  const secret = await keptSecret(file)
  if (Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return secret
  throw new ConfigError([
    `${file} must hold at least ${MIN_SECRET_BYTES} bytes: remove it, and a new secret is made`,
  ])
}
