import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite, types } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'
import type { Database, Statement } from './database.ts'
import { StartupError } from './database-errors.ts'
import type { Tables } from './tables.ts'

/** The major version of the PostgreSQL inside PGlite; it reads no folder of another. */
export const EMBEDDED_MAJOR = '18'

const asText = (value: string) => value

/**
 * PostgreSQL in this process, its files in `directory`. The caller holds the lock of the data folder: two processes in
 * one folder would destroy it.
 * @throws StartupError when the folder was made by another major version of PostgreSQL
 */
export async function openEmbedded(directory: string): Promise<Database> {
  await refuseOtherMajor(directory)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const pglite = await PGlite.create({
    dataDir: directory,
    parsers: { [types.INT8]: Number, [types.DATE]: asText },
  })
  await pglite.query("set timezone = 'UTC'")

  const query = async <Row>(statement: Statement, values: readonly unknown[]) =>
    (await pglite.query<Row>(statement.text, [...values])).rows

  return {
    engine: 'embedded',
    kysely: new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) }),
    query,
    transaction: (work) =>
      pglite.transaction(async (pgliteTransaction) => {
        let written = false
        const result = await work({
          query: async <Row>(statement: Statement, values: readonly unknown[]) =>
            (await pgliteTransaction.query<Row>(statement.text, [...values])).rows,
          async commitWith(statement, values) {
            await pgliteTransaction.query(statement.text, [...values])
            written = true
          },
        })
        if (!written) await pgliteTransaction.rollback()
        return result
      }),
    async close() {
      if (!pglite.closed) await pglite.close()
    },
  }
}

async function refuseOtherMajor(directory: string): Promise<void> {
  const file = join(directory, 'PG_VERSION')
  if (!existsSync(file)) return
  const major = (await readFile(file, 'utf8')).trim()
  if (major === EMBEDDED_MAJOR) return
  throw new StartupError(
    `The data folder ${directory} was made by PostgreSQL ${major}; this Promptmeter embeds PostgreSQL ${EMBEDDED_MAJOR}. ` +
      'To get the data over: with the Promptmeter that made it run `promptmeter backup FILE`, move the folder away, ' +
      'then with this one run `promptmeter restore FILE`.',
  )
}
