import { resolve } from 'node:path'

import { dataFolder, readSecret } from '../config/data-folder.ts'
import { type Environment, environment } from '../config/env.ts'
import { CommandFailure, EXIT_CODES } from './command-failure.ts'

/** Which server a command speaks to, and as whom. */
export interface Connection {
  /** Without a slash at the end. */
  readonly url: string
  /** Never shown to anybody. */
  readonly adminKey: string
  /** Where the key was found, for a message about it. */
  readonly adminKeySource: string
}

/**
 * The server of this folder and environment: where `serve`, started here, would listen, with the key it would ask for.
 * @throws CommandFailure
 */
export async function findConnection(url: string | undefined): Promise<Connection> {
  const settings = environment()
  return { url: readUrl(url ?? defaultUrl(settings)), ...(await findAdminKey(settings)) }
}

/** Listening on every address is listening on loopback too. */
const LOOPBACK_OF: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

function defaultUrl({ HOST, PORT }: Environment): string {
  const host = HOST?.trim() || '127.0.0.1'
  const address = LOOPBACK_OF[host] ?? host
  return `http://${address.includes(':') ? `[${address}]` : address}:${PORT?.trim() || '3000'}`
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '') {
    throw new CommandFailure(
      `Not the URL of a server: ${text}. It looks like http://127.0.0.1:3000.`,
      EXIT_CODES.usage,
    )
  }
  return url.href.replace(/\/+$/, '')
}

async function findAdminKey({
  ADMIN_KEY,
  DATA_DIR,
}: Environment): Promise<Pick<Connection, 'adminKey' | 'adminKeySource'>> {
  const set = ADMIN_KEY?.trim()
  if (set) return { adminKey: set, adminKeySource: 'ADMIN_KEY' }
  const file = dataFolder(resolve(DATA_DIR?.trim() || './data')).adminKey
  const kept = await readSecret(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailure(`The admin key in ${file} cannot be read (${error.code}).`, EXIT_CODES.refused)
  })
  if (kept !== null) return { adminKey: kept, adminKeySource: file }
  throw new CommandFailure(
    `No admin key: ADMIN_KEY is not set, and there is no ${file}. Set ADMIN_KEY to the key of the server, or run this ` +
      'in the folder that the server was started in (its first start makes a key: npm start).',
    EXIT_CODES.refused,
  )
}
