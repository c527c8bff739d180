import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** Runs one statement on a connection of its own and resolves to its first value. */
export async function runSql(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  // A connection lost between statements must not end the process; a statement in flight rejects by itself.
  client.on('error', () => {})
  await client.connect()
  try {
    const result = await client.query<unknown[]>({ text: sql, rowMode: 'array' })
    return result.rows[0]?.[0]
  } finally {
    await client.end()
  }
}

/** See PostgresServer.createDatabase. */
export async function createDatabase(
  serverUrl: string,
  name = `test_${randomBytes(8).toString('hex')}`,
  template?: string,
): Promise<string> {
  const source = template?.includes('://') ? databaseName(template) : template
  const clause = source === undefined ? '' : ` TEMPLATE ${pg.escapeIdentifier(source)}`
  await runSql(serverUrl, `CREATE DATABASE ${pg.escapeIdentifier(name)}${clause}`)
  const url = new URL(serverUrl)
  // As `pg` reads it back: a name with any of ;/?:@&=+$,# fits in none of its URLs.
  url.pathname = `/${encodeURI(name)}`
  return url.href
}

/** See PostgresServer.dropDatabase. */
export async function dropDatabase(serverUrl: string, url: string): Promise<void> {
  await runSql(serverUrl, `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(databaseName(url))} WITH (FORCE)`)
}

function databaseName(url: string): string {
  return decodeURI(new URL(url).pathname.slice(1))
}
