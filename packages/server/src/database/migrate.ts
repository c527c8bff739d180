import { type Kysely, sql, type Transaction } from 'kysely'
import { isUniqueViolation, StartupError } from './database-errors.ts'
import { migrations } from './migrations/index.ts'
import type { Tables } from './tables.ts'

/** The version of the schema this build works with: how many migrations it knows. */
export const SCHEMA_VERSION = migrations.length

/** The table is there, or the row type that comes with it (seen by whoever is a moment later). */
const SQLSTATES_THERE_ALREADY = ['42P07', '42710']

/** Runs in the transaction that makes an empty database, so a crash leaves both or neither. */
export type WhenCreated = (transaction: Transaction<Tables>) => Promise<unknown>

/**
 * Brings the schema up to date. Any number of replicas may do this at once: the first takes the lock on the one
 * row of `schema_version`, the others wait and find nothing left to do.
 * @returns the version it found, 0 for an empty database
 * @throws StartupError when the database is newer than this build
 */
export async function migrate(db: Kysely<Tables>, whenCreated?: WhenCreated): Promise<number> {
  await createVersionTable(db)
  return db.transaction().execute(async (transaction) => {
    const version = await migrateWithin(transaction)
    if (version === 0) await whenCreated?.(transaction)
    return version
  })
}

/** Brings the schema up to `target` within the caller's transaction, in a database that has its `schema_version`. */
export async function migrateWithin(
  transaction: Transaction<Tables>,
  target = SCHEMA_VERSION,
): Promise<number> {
  // Others may be migrating a large database: wait for them as long as it takes.
  await sql`set local lock_timeout = 0`.execute(transaction)
  await sql`set local statement_timeout = 0`.execute(transaction)
  const locked = await sql<{ version: number }>`select version from schema_version for update`.execute(
    transaction,
  )
  const version = locked.rows[0]?.version ?? 0
  refuseNewerSchema(version)
  for (const migration of migrations.slice(version, target)) await runStatements(transaction, migration.sql)
  if (target > version) await sql`update schema_version set version = ${target}`.execute(transaction)
  return version
}

/** @throws StartupError when a newer build has migrated the database */
export function refuseNewerSchema(version: number): void {
  if (version <= SCHEMA_VERSION) return
  throw new StartupError(
    `The database has schema version ${version}, this Promptmeter knows ${SCHEMA_VERSION}. ` +
      'A newer Promptmeter has been here: start that version, or restore a backup made before the upgrade.',
  )
}

/** The version the database is at, or 0 where nothing was ever migrated. */
export async function readSchemaVersion(db: Kysely<Tables>): Promise<number> {
  const found = await sql<{
    name: string | null
  }>`select to_regclass('schema_version')::text as name`.execute(db)
  if (found.rows[0]?.name == null) return 0
  const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(db)
  return rows[0]?.version ?? 0
}

/** Makes the one row that migrations lock; in a database that has it nothing happens. */
export async function createVersionTable(db: Kysely<Tables>): Promise<void> {
  // `if not exists` looks before it leaps: two sessions at once can still collide, and then one of them has won.
  const create = sql`create table if not exists schema_version (
    only_row boolean primary key default true check (only_row),
    version integer not null
  )`
  await create.execute(db).catch((error) => {
    if (!isUniqueViolation(error) && !SQLSTATES_THERE_ALREADY.includes(error.code)) throw error
  })
  await sql`insert into schema_version (version) values (0) on conflict do nothing`.execute(db)
}

/** One at a time, as the extended protocol takes them. Dollar quotes hide the semicolons of function bodies. */
async function runStatements(db: Kysely<Tables>, statements: string): Promise<void> {
  for (const statement of statements.match(/(?:\$\$[\s\S]*?\$\$|'[^']*'|[^;])+/g) ?? []) {
    if (statement.trim() !== '') await sql.raw(statement).execute(db)
  }
}
