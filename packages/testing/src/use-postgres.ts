import { createDatabase, dropDatabase, runSql } from './databases.ts'
import { TestPostgresError } from './errors.ts'
import { startPostgres } from './local-postgres.ts'
import type { PostgresServer } from './postgres-server.ts'

const OLDEST_VERSION = 150_000

/**
 * The server that TEST_DATABASE_URL names, when set; else one of our own, started now.
 * @throws TestPostgresError `server_unusable` when the named one does not answer or is older than 15
 */
export async function usePostgres(): Promise<PostgresServer> {
  const url = process.env.TEST_DATABASE_URL
  if (!url) return startPostgres()
  const setting = (name: string) =>
    runSql(url, `SHOW ${name}`).catch((cause: Error) => {
      const message = `TEST_DATABASE_URL does not answer: ${cause.message}`
      throw new TestPostgresError('server_unusable', message, { cause })
    })
  const version = String(await setting('server_version'))
  if (Number(await setting('server_version_num')) < OLDEST_VERSION) {
    const message = `TEST_DATABASE_URL is PostgreSQL ${version}: give 15 or newer.`
    throw new TestPostgresError('server_unusable', message)
  }
  return borrowedPostgres(url, version)
}

function borrowedPostgres(url: string, version: string): PostgresServer {
  const created = new Set<string>()
  const refuse = (): never => {
    const advice = 'Unset it, or call startPostgres() for a server of your own.'
    throw new TestPostgresError(
      'not_ours',
      `The server of TEST_DATABASE_URL is not ours to control. ${advice}`,
    )
  }
  const dropOne = async (database: string) => {
    await dropDatabase(url, database)
    created.delete(database)
  }
  return {
    url,
    version,
    restartable: false,
    get pid() {
      return refuse()
    },
    createDatabase: async (name, template) => {
      const database = await createDatabase(url, name, template)
      created.add(database)
      return database
    },
    dropDatabase: dropOne,
    stop: async () => refuse(),
    start: async () => refuse(),
    kill: async () => refuse(),
    remove: async () => {
      for (const database of created) await dropOne(database)
    },
  }
}
