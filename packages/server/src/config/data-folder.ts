import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from './config.ts'

/** Where things lie in the data folder. */
export interface DataFolder {
  readonly path: string
  readonly database: string
  readonly lock: string
  readonly jwtSecret: string
  readonly adminKey: string
}

export function dataFolder(path: string): DataFolder {
  return {
    path,
    database: join(path, 'postgres'),
    lock: join(path, 'lock'),
    jwtSecret: join(path, 'jwt-secret'),
    adminKey: join(path, 'admin-key'),
  }
}

/**
 * Makes the folder, readable for its owner alone: it holds secrets and everybody's data.
 * @throws ConfigError when the path cannot be a folder of ours
 */
export async function createDataFolder(folder: DataFolder): Promise<void> {
  try {
    await mkdir(folder.path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new ConfigError([
      `DATA_DIR is ${folder.path}, which cannot be made a folder: ${(error as Error).message}`,
    ])
  }
}

/**
 * The secret kept in `file`, made on first use with mode 0600. The whole file appears at once, by a link that fails
 * when another process was first, so a crash leaves no half a secret and two processes agree.
 */
export async function keptSecret(file: string): Promise<string> {
  const known = await readSecret(file)
  if (known !== null) return known
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flush: true })
  await chmod(draft, 0o600)
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft)
  const made = await readSecret(file)
  if (made === null) throw new Error(`${file} is empty: remove it, and a new secret is made`)
  return made
}

/** The secret kept in `file`, or null when there is none. */
export async function readSecret(file: string): Promise<string | null> {
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return content.trim() === '' ? null : content.trim()
}
