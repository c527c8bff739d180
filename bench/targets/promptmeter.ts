import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { join } from 'node:path'
import rootPackage from '../../package.json' with { type: 'json' }
import type { BenchDatabase, Databases } from '../databases.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { type Counts, emails, groupTokens, type RunningTarget, type Target } from './target.ts'

const bin = join(import.meta.dirname, '../../packages/server/bin/promptmeter.js')

/** The flags of Node that `npm start` sets, so that what is measured is what people run. */
const nodeFlags = rootPackage.scripts.start.match(/--\S+=\S+/g) ?? []

/** (a): Promptmeter on PostgreSQL. */
export function promptmeterTarget(databases: Databases): Target {
  return { name: 'a', title: 'Promptmeter on PostgreSQL', start: () => start(databases) }
}

async function start(databases: Databases): Promise<RunningTarget> {
  const database = await databases.create('promptmeter')
  const server = await startPromptmeter(database)
  await insertUsers(database, emails)
  const tokens = await signUp(server.url, emails)
  return {
    ...server,
    tokens: groupTokens(tokens),
    readCounts: () => readCounts(database),
    verifyLedger: () => verifyLedger(database),
  }
}

export interface PromptmeterOptions {
  /** A file and its arguments; `promptmeter serve` unless given. */
  readonly command?: readonly string[]
  /** Settings beside those every benchmark needs. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a server that has just migrated `database`; null for the embedded one in `DATA_DIR`. It logs no requests, as the one it is compared with logs none. */
export async function startPromptmeter(
  database: BenchDatabase | null,
  { command = [bin, 'serve'], env = {} }: PromptmeterOptions = {},
): Promise<ServerProcess> {
  return await startServer({
    command: [...nodeFlags, ...command],
    env: {
      ...(database !== null && { DATABASE_URL: database.url }),
      JWT_SECRET: randomBytes(32).toString('base64url'),
      ADMIN_KEY: randomBytes(32).toString('base64url'),
      SIGN_IN: 'trusted',
      LOG_LEVEL: 'warn',
      ...env,
    },
    readyPath: '/readyz',
  })
}

export async function insertUsers(database: BenchDatabase, addresses: readonly string[]): Promise<void> {
  // Ids in the order of time, as the server makes them.
  const ids = addresses.map(() => randomUUIDv7())
  await database.query('INSERT INTO users (id, email) SELECT * FROM unnest($1::uuid[], $2::text[])', [
    ids,
    addresses,
  ])
}

/** One session token for each address, in their order. */
export async function signUp(url: string, addresses: readonly string[]): Promise<string[]> {
  const tokens: string[] = []
  const atOnce = 20
  for (let from = 0; from < addresses.length; from += atOnce) {
    const group = addresses.slice(from, from + atOnce)
    tokens.push(...(await Promise.all(group.map((email) => signUpOne(url, email)))))
  }
  return tokens
}

async function signUpOne(url: string, email: string): Promise<string> {
  const response = await fetch(new URL('/signup', url), {
    method: 'POST',
    body: JSON.stringify({ email }),
    headers: { 'Content-Type': 'application/json' },
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`POST /signup answered ${response.status} ${text}`)
  return (JSON.parse(text) as { sessionToken: string }).sessionToken
}

export async function readCounts(database: BenchDatabase): Promise<Counts> {
  const [row] = await database.query<{ prompts: string; tokens: string }>(
    'SELECT sum(prompt_count) AS prompts, sum(token_count) AS tokens FROM users',
  )
  return { prompts: Number(row?.prompts), tokens: Number(row?.tokens) }
}

/** Every count, and both rollups, must be what the events add up to, for each user. */
export async function verifyLedger(database: BenchDatabase): Promise<void> {
  const sums = ['usage_events', 'usage_hours', 'usage_days'].map(
    (table) =>
      `SELECT user_id, sum(prompts) AS prompts, sum(tokens) AS tokens, sum(cost_micros) AS cost FROM ${table} GROUP BY user_id`,
  )
  for (const sum of sums) {
    const wrong = await database.query<{ email: string }>(
      `SELECT email FROM users LEFT JOIN (${sum}) AS s ON user_id = id
       WHERE (prompt_count, token_count, cost_micros)
         IS DISTINCT FROM (coalesce(prompts, 0), coalesce(tokens, 0), coalesce(cost, 0))`,
    )
    if (wrong.length > 0) {
      throw new Error(
        `The counts of ${wrong.length} users, such as ${wrong[0]?.email}, are not the sums of: ${sum}`,
      )
    }
  }
}
