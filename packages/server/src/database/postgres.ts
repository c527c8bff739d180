import type { Duplex } from 'node:stream'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { parseIntoClientConfig } from 'pg-connection-string'
import type { DatabaseConfig } from '../config/config.ts'
import type { Database, Statement, Transaction } from './database.ts'
import { CommitUnknownError, isConnectionLost, isRolledBack, isUnsent } from './database-errors.ts'
import type { Tables } from './tables.ts'

/** Longest a caller waits for a connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000

/** How much longer than the server's own statement timeout the client waits before it gives the connection up. */
const READ_TIMEOUT_GRACE_MS = 5_000

/** Longest the client waits where the server has no statement timeout: a connection that died unheard must not stay. */
const READ_TIMEOUT_MS = 15_000

/**
 * Transactions look rows up by their keys, a few each. A table that is small, or was when it was last analysed, would be
 * read as a whole, with all the rows that others have deleted meanwhile.
 */
const BEGIN =
  'begin isolation level read committed; set local enable_seqscan = off; set local enable_bitmapscan = off'

const asText = (value: string) => value

/** Counts are bounded by 2^53 - 1 in the schema, so bigint fits a JavaScript number; dates stay text. */
const typeParsers: Record<number, (value: string) => unknown> = {
  [pg.types.builtins.INT8]: Number,
  [pg.types.builtins.DATE]: asText,
}

/**
 * Reads and transactions have connections of their own: whatever many readers wait for, usage is written.
 * @param onError told of connections that break while nobody uses them
 */
export function openPostgres(url: string, config: DatabaseConfig, onError: (error: Error) => void): Database {
  const writers = Math.max(1, Math.floor(config.poolSize / 3))
  const readPool = createPool(url, config, config.poolSize - writers, onError)
  const writePool = createPool(url, config, writers, onError)

  const toQuery = (statement: Statement, values: readonly unknown[]): pg.QueryConfig => ({
    text: statement.text,
    values: values as unknown[],
    ...(config.prepare && { name: statement.name }),
  })

  return {
    engine: 'postgres',
    kysely: new Kysely<Tables>({ dialect: new PostgresDialect({ pool: readPool }) }),
    query: async <Row>(statement: Statement, values: readonly unknown[]) =>
      (await readPool.query(toQuery(statement, values))).rows as Row[],
    transaction: (work) => runTransaction(writePool, toQuery, work),
    async close() {
      await Promise.all([readPool.end(), writePool.end()])
    },
  }
}

function createPool(
  url: string,
  { statementTimeoutMs, lockTimeoutMs, patient = false }: DatabaseConfig,
  max: number,
  onError: (error: Error) => void,
): pg.Pool {
  const pool = new pg.Pool({
    ...connectionOptions(url),
    application_name: 'promptmeter',
    pipeline: true,
    keepAlive: true,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ...(!patient && {
      query_timeout: statementTimeoutMs > 0 ? statementTimeoutMs + READ_TIMEOUT_GRACE_MS : READ_TIMEOUT_MS,
      // A timeout of 0 is not sent at all: some poolers refuse start-up parameters they do not know.
      ...(statementTimeoutMs > 0 && {
        statement_timeout: statementTimeoutMs,
        // A replica that stalls in a transaction gives up the users it has locked.
        idle_in_transaction_session_timeout: statementTimeoutMs,
      }),
      ...(lockTimeoutMs > 0 && { lock_timeout: lockTimeoutMs }),
    }),
    types: {
      getTypeParser: (oid: number, format?: string) =>
        (format !== 'binary' && typeParsers[oid]) || pg.types.getTypeParser(oid, format as 'text'),
    } as pg.CustomTypesConfig,
  })
  pool.on('error', onError)
  // The pool listens only to idle clients. One that breaks in use fails its queries, and beside them emits an error
  // that would end the process if nobody listened.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/**
 * The connection is in pipeline mode: `begin` travels with the first query and `commit` with the last write, so a
 * transaction of two reads and a write costs three round trips at most.
 */
async function runTransaction<T>(
  pool: pg.Pool,
  toQuery: (statement: Statement, values: readonly unknown[]) => pg.QueryConfig,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let ended = false
  let broken = false
  try {
    const { begun, working } = inOneWrite(client, () => {
      const begun = client.query(BEGIN)
      begun.catch(() => {})
      const working = work({
        query: async (statement, values) => (await client.query(toQuery(statement, values))).rows,
        commitWith: async (statement, values) => {
          // Outside a transaction the write would stand by itself, without its locks.
          await begun
          ended = true
          await commitAfter(client, toQuery(statement, values))
        },
      })
      return { begun, working }
    })
    const result = await working
    await begun
    return result
  } catch (error) {
    broken = error instanceof CommitUnknownError || isConnectionLost(error)
    throw error
  } finally {
    if (!ended && !broken) await client.query('rollback').catch(() => (broken = true))
    client.release(broken)
  }
}

/** The URL as libpq reads it: `sslmode=require` encrypts, `verify-ca` and `verify-full` also check whom it talks to. */
function connectionOptions(url: string): pg.PoolConfig {
  const withLibpqMeaning = new URL(url)
  if (withLibpqMeaning.searchParams.has('sslmode'))
    withLibpqMeaning.searchParams.set('uselibpqcompat', 'true')
  return parseIntoClientConfig(withLibpqMeaning.href) as pg.PoolConfig
}

/** The last write and the commit. @throws CommitUnknownError when nobody can say whether they took effect */
async function commitAfter(client: pg.PoolClient, query: pg.QueryConfig): Promise<void> {
  const [write, commit] = await inOneWrite(client, () =>
    Promise.allSettled([client.query(query), client.query('commit')]),
  )
  // A write that the server itself refused was rolled back for certain, whatever became of the connection.
  if (write.status === 'rejected') {
    const { reason } = write
    throw isRolledBack(reason) || isUnsent(reason) ? reason : new CommitUnknownError(reason)
  }
  if (commit.status === 'rejected') {
    const { reason } = commit
    throw isRolledBack(reason) && !isConnectionLost(reason) ? reason : new CommitUnknownError(reason)
  }
}

/** Statements that `send` begins at once travel in one write: each by itself would wake the database. */
function inOneWrite<T>(client: pg.PoolClient, send: () => T): T {
  const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection
  stream.cork()
  try {
    return send()
  } finally {
    stream.uncork()
  }
}
