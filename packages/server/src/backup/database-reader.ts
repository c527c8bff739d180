import { type ControlledTransaction, sql } from 'kysely'
import type { Database } from '../database/database.ts'
import { readSchemaVersion, refuseNewerSchema, SCHEMA_VERSION } from '../database/migrate.ts'
import type { Tables } from '../database/tables.ts'
import { version as serverVersion } from '../version.ts'
import { BackupError } from './backup-error.ts'
import type { BackupPart, TableTotals } from './backup-format.ts'
import { findTables, keyValues, readTotals, type TableShape } from './backup-tables.ts'
import { findUnbalancedUsers } from './usage-balance.ts'

/** Rows per query: enough to be fast, few enough that memory stays flat. */
const ROWS_PER_READ = 2000

/**
 * Everything in the database as of one moment, while others go on writing: one REPEATABLE READ, READ ONLY transaction
 * reads it all, which also suits a standby. Pages follow the primary keys; nothing more than a page is in memory.
 * @param onUnbalanced told of users whose counts are not the sums of what they used, if there are any: `writeDatabase`
 *   will refuse them, and the time to learn of it is now
 * @throws BackupError when nothing was ever stored; StartupError when the schema is newer than this build
 */
export async function* readDatabase(
  database: Database,
  onUnbalanced: (userIds: readonly string[]) => void = () => {},
): AsyncGenerator<BackupPart, void, undefined> {
  const transaction = await database.kysely.startTransaction().execute()
  try {
    await sql`set transaction isolation level repeatable read, read only`.execute(transaction)
    // Whoever takes the rows may be slow; timestamps are written in the time zone of the session.
    for (const setting of ['statement_timeout', 'idle_in_transaction_session_timeout']) {
      await sql`set local ${sql.raw(setting)} = 0`.execute(transaction)
    }
    await sql`set local timezone = 'UTC'`.execute(transaction)

    const header = await readHeader(transaction)
    yield { kind: 'header', header }
    const totals: Record<string, TableTotals> = {}
    for (const table of await findTables(transaction)) {
      const tableTotals = await readTotals(transaction, table)
      const columns = table.columns.map(({ name }) => name)
      totals[table.name] = tableTotals
      yield { kind: 'table', table: { name: table.name, columns, rows: tableTotals.rows } }
      let rowCount = 0
      for await (const rows of readRows(transaction, table)) {
        rowCount += rows.length
        yield { kind: 'rows', rows }
      }
      if (rowCount !== tableTotals.rows) {
        throw new BackupError(
          `${table.name} has ${tableTotals.rows} rows and ${rowCount} were found by its primary key. ` +
            'Its index may be damaged: REINDEX TABLE, then try again.',
        )
      }
    }
    if (header.schemaVersion === SCHEMA_VERSION) {
      const unbalanced = await findUnbalancedUsers(transaction)
      if (unbalanced.length > 0) onUnbalanced(unbalanced)
    }
    yield { kind: 'trailer', totals }
  } finally {
    // The reason for an early end is under way already; a connection that broke has nothing left to roll back.
    await transaction
      .rollback()
      .execute()
      .catch(() => {})
  }
}

async function readHeader(transaction: ControlledTransaction<Tables>) {
  const schemaVersion = await readSchemaVersion(transaction)
  if (schemaVersion === 0) {
    throw new BackupError('There is nothing to back up: no Promptmeter has ever used this database.')
  }
  refuseNewerSchema(schemaVersion)
  const { rows } = await sql<{ now: Date }>`select now() as now`.execute(transaction)
  const [{ now }] = rows as [{ now: Date }]
  return { schemaVersion, createdAt: now.toISOString(), serverVersion }
}

async function* readRows(
  transaction: ControlledTransaction<Tables>,
  table: TableShape,
): AsyncGenerator<string[], void, undefined> {
  const key = sql.join(table.key.map(({ name }) => sql.ref(name)))
  let last: string | undefined
  do {
    const behind = last === undefined ? sql`` : sql`where (${key}) > (${keyValues(table, last)})`
    const { rows } = await sql<{ row: string }>`
      select row_to_json(t)::text as row from ${sql.table(table.name)} t ${behind}
      order by ${key} limit ${sql.lit(ROWS_PER_READ)}`.execute(transaction)
    last = rows.length === ROWS_PER_READ ? rows.at(-1)?.row : undefined
    if (rows.length > 0) yield rows.map(({ row }) => row)
  } while (last !== undefined)
}
