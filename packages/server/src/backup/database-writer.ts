import { DEFAULT_PLAN } from '@promptmeter/contract'
import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/database.ts'
import { hasSqlState } from '../database/database-errors.ts'
import { createVersionTable, migrateWithin, SCHEMA_VERSION } from '../database/migrate.ts'
import type { Tables } from '../database/tables.ts'
import { BackupError, damaged } from './backup-error.ts'
import type { BackupHeader, BackupPart, BackupTable, Totals } from './backup-format.ts'
import { findTables, readTotals, type TableShape } from './backup-tables.ts'
import { findUnbalancedUsers } from './usage-balance.ts'

/** What a backup held, once it has been written, restored or moved. */
export interface BackupSummary extends BackupHeader {
  readonly totals: Totals
}

export interface WriteOptions {
  /** Also takes users whose counts are not the sums of their events, days and hours, as they are. */
  readonly acceptUnbalanced?: boolean | undefined
}

/**
 * Writes a backup into a database that holds nothing yet, in one transaction: the schema the backup was made with, its
 * rows, the steps to the newest schema. Commits only when counts and sums are the trailer's and every user's counts
 * are the sums of that user's events, days and hours.
 * @throws BackupError, StartupError; then the database is as it was
 */
export async function writeDatabase(
  database: Database,
  parts: AsyncIterable<BackupPart>,
  { acceptUnbalanced }: WriteOptions = {},
): Promise<BackupSummary> {
  await createVersionTable(database.kysely)
  return database.kysely.transaction().execute(async (transaction) => {
    let header: BackupHeader | undefined
    let tables: TableShape[] = []
    let insert: ((rows: readonly string[]) => Promise<void>) | undefined
    let totals: Totals | undefined
    for await (const part of parts) {
      if (part.kind === 'header') {
        header = part.header
        tables = await prepareSchema(transaction, header)
      } else if (part.kind === 'table') insert = insertInto(transaction, part.table, tables)
      else if (part.kind === 'rows') await insert?.(part.rows)
      else totals = part.totals
    }
    if (header === undefined || totals === undefined) throw damaged('it is cut short')
    await compareTotals(transaction, tables, totals)
    await migrateWithin(transaction)
    if (!acceptUnbalanced) await compareCounts(transaction)
    // The embedded engine has nobody else who would tell the planner of the new rows.
    for (const { name } of tables) await sql`analyze ${sql.table(name)}`.execute(transaction)
    return { ...header, totals }
  })
}

/** Brings an empty database to the schema of the backup, and keeps others from writing until the end. */
async function prepareSchema(
  transaction: Transaction<Tables>,
  { schemaVersion, serverVersion }: BackupHeader,
): Promise<TableShape[]> {
  if (schemaVersion > SCHEMA_VERSION) {
    throw new BackupError(
      `This backup was made by Promptmeter ${serverVersion} with schema version ${schemaVersion}; this one knows ` +
        `${SCHEMA_VERSION}. Restore it with that version or a newer one.`,
    )
  }
  const versionBefore = await migrateWithin(transaction, schemaVersion)
  const tables = await findTables(transaction)
  await takeAwayBuiltIn(transaction, tables)
  for (const { name } of tables) {
    await sql`lock table ${sql.table(name)} in exclusive mode`.execute(transaction)
    await refuseRows(transaction, name)
  }
  if (versionBefore > schemaVersion) {
    throw new BackupError(
      `This backup has schema version ${schemaVersion}, and the database has been brought to ${versionBefore} already. ` +
        'Restore into a database that no Promptmeter has used yet; the restore brings it up to date.',
    )
  }
  return tables
}

/** The one plan that the schema brings: the backup has it as the operator left it. */
async function takeAwayBuiltIn(
  transaction: Transaction<Tables>,
  tables: readonly TableShape[],
): Promise<void> {
  if (!tables.some(({ name }) => name === 'plans')) return
  await sql`delete from plans where name = ${DEFAULT_PLAN} and not exists (select from users)`.execute(
    transaction,
  )
}

async function refuseRows(transaction: Transaction<Tables>, table: string): Promise<void> {
  const found = await sql`select 1 from ${sql.table(table)} limit 1`.execute(transaction)
  if (found.rows.length === 0) return
  throw new BackupError(
    `The database is not empty (${table} has rows), and a restore never mixes or replaces. ` +
      'Give it an empty one: with DATABASE_URL create a new database, embedded set DATA_DIR to a new folder ' +
      'or move the `postgres` folder out of the present one.',
  )
}

/** Rows go in as JSON, many at once; PostgreSQL itself turns every field into its column's type. */
function insertInto(
  transaction: Transaction<Tables>,
  { name, columns }: BackupTable,
  tables: readonly TableShape[],
): (rows: readonly string[]) => Promise<void> {
  const shape = tables.find((table) => table.name === name)
  const expected = shape?.columns.map((column) => column.name)
  if (shape === undefined || expected?.join() !== columns.join()) {
    throw damaged(`its schema version has no table ${name} with these columns`)
  }
  const names = sql.join(shape.columns.map((column) => sql.ref(column.name)))
  return async (rows) => {
    await sql`insert into ${sql.table(name)} (${names})
      select ${names} from json_populate_recordset(null::${sql.table(name)}, ${`[${rows.join(',')}]`}::json)`
      .execute(transaction)
      .catch((error) => {
        throw isWrongInput(error) ? damaged(`${name} refused a row (${error.message})`, error) : error
      })
  }
}

/** SQLSTATE classes of values that do not fit their type (22) or the rules of the table (23). */
function isWrongInput(error: unknown): error is Error {
  return hasSqlState(error) && /^2[23]/.test((error as { code: string }).code)
}

async function compareTotals(
  transaction: Transaction<Tables>,
  tables: readonly TableShape[],
  expected: Totals,
): Promise<void> {
  for (const table of tables) {
    const { rows, sums } = await readTotals(transaction, table)
    const wanted = expected[table.name]
    if (rows !== wanted?.rows) {
      throw damaged(`${table.name} came to ${rows} rows instead of ${wanted?.rows}`)
    }
    for (const [column, sum] of Object.entries(sums)) {
      if (sum === wanted.sums[column]) continue
      throw damaged(`${table.name}.${column} came to ${sum} instead of ${wanted.sums[column]}`)
    }
  }
}

async function compareCounts(transaction: Transaction<Tables>): Promise<void> {
  const unbalanced = await findUnbalancedUsers(transaction)
  if (unbalanced.length === 0) return
  throw new BackupError(
    `The counts of these users are not the sum of their events, days and hours: ${unbalanced.join(', ')}. Nothing was ` +
      'written. Look into it first; --accept-unbalanced takes them as they are.',
  )
}
