import { sql } from 'kysely'
import { describe, expect, it, vi } from 'vitest'
import { readDatabase } from '../src/backup/database-reader.ts'
import { writeDatabase } from '../src/backup/database-writer.ts'
import { parseConfig } from '../src/config/config.ts'
import type { Database } from '../src/database/database.ts'
import {
  createVersionTable,
  migrateWithin,
  readSchemaVersion,
  SCHEMA_VERSION,
} from '../src/database/migrate.ts'
import { migrations } from '../src/database/migrations/index.ts'
import { openPostgres } from '../src/database/postgres.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

// A build of the future: one migration more, which changes what a backup of today holds.
vi.mock('../src/database/migrations/index.ts', async (importOriginal) => {
  const { migrations } = await importOriginal<typeof import('../src/database/migrations/index.ts')>()
  const next = {
    name: '9999-next',
    sql: `alter table users rename column email to address;
      alter table users add column note text not null default 'a; b'`,
  }
  return { migrations: [...migrations, next] }
})

const PREVIOUS = migrations.length - 1

/** A PostgreSQL database at a version of the schema; 0 for none at all. */
async function openAt(version: number): Promise<{ database: Database; testDatabase: TestDatabase }> {
  const testDatabase = await createTestDatabase('postgres')
  const { database: config } = parseConfig(testDatabase.environment)
  const database = openPostgres(config.url as string, config, () => {})
  if (version > 0) {
    await createVersionTable(database.kysely)
    await database.kysely.transaction().execute((transaction) => migrateWithin(transaction, version))
  }
  return { database, testDatabase }
}

describe('a backup of an older schema', () => {
  it('is restored with that schema and then brought up to date', async () => {
    const source = await openAt(PREVIOUS)
    const target = await openAt(0)
    await sql`insert into users (id, email) values (gen_random_uuid(), 'ada@example.com')`.execute(
      source.database.kysely,
    )
    const { schemaVersion } = await writeDatabase(target.database, readDatabase(source.database))
    expect(schemaVersion).toBe(PREVIOUS)
    expect(await readSchemaVersion(target.database.kysely)).toBe(SCHEMA_VERSION)
    const { rows } = await sql`select address, note from users`.execute(target.database.kysely)
    expect(rows).toEqual([{ address: 'ada@example.com', note: 'a; b' }])
    for (const { database, testDatabase } of [source, target]) {
      await database.close()
      await testDatabase.remove()
    }
  })

  it('leaves not even its schema behind when it is refused', async () => {
    const source = await openAt(PREVIOUS)
    const target = await openAt(0)
    const cutShort = async function* () {
      for await (const part of readDatabase(source.database)) if (part.kind !== 'trailer') yield part
    }
    await expect(writeDatabase(target.database, cutShort())).rejects.toThrow('cut short')
    expect(await readSchemaVersion(target.database.kysely)).toBe(0)
    for (const { database, testDatabase } of [source, target]) {
      await database.close()
      await testDatabase.remove()
    }
  })

  it('is refused by a database that is newer already, with what to do', async () => {
    const source = await openAt(PREVIOUS)
    const target = await openAt(SCHEMA_VERSION)
    await expect(writeDatabase(target.database, readDatabase(source.database))).rejects.toThrow(
      'Restore into a database that no Promptmeter has used yet',
    )
    for (const { database, testDatabase } of [source, target]) {
      await database.close()
      await testDatabase.remove()
    }
  })
})
