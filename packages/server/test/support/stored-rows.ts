import { sql } from 'kysely'
import { expect } from 'vitest'
import { BACKUP_TABLES } from '../../src/backup/backup-tables.ts'
import { parseConfig } from '../../src/config/config.ts'
import type { Database } from '../../src/database/database.ts'
import { openDatabase } from '../../src/database/open-database.ts'

export type StoredRows = Record<string, string[]>

/** Every row of every table to the microsecond, as JSON in an order that both engines share. */
export async function readStoredRows({ kysely }: Database): Promise<StoredRows> {
  return kysely.transaction().execute(async (transaction) => {
    await sql`set local timezone = 'UTC'`.execute(transaction)
    const stored: StoredRows = {}
    for (const table of BACKUP_TABLES) {
      const { rows } = await sql<{ row: string }>`
        select row_to_json(t)::text as row from ${sql.table(table)} t`.execute(transaction)
      stored[table] = rows.map(({ row }) => row).sort()
    }
    return stored
  })
}

/** The same of a database that nobody has open, or that may be shared. */
export async function readStoredRowsOf(environment: Readonly<Record<string, string>>): Promise<StoredRows> {
  const { database } = await openDatabase(parseConfig(environment), () => {})
  try {
    return await readStoredRows(database)
  } finally {
    await database.close()
  }
}

/** Of a database that nobody has used yet: all it has is the built-in plan. */
export const NOTHING_STORED: StoredRows = {
  ...Object.fromEntries(BACKUP_TABLES.map((table) => [table, []])),
  plans: [expect.stringMatching('"name":"free"')],
}
