import { randomBytes } from 'node:crypto'
import { cpSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { describe, inject } from 'vitest'
import type { Engine } from '../../src/database/database.ts'

/** An empty database of one engine, and the settings that lead a server to it. */
export interface TestDatabase {
  readonly engine: Engine
  /** A data folder of its own, also where the database is elsewhere. */
  readonly dataDir: string
  readonly environment: Readonly<Record<string, string>>
  remove(): Promise<void>
}

/** Runs the same guarantees on both engines. */
export function describeOnBothEngines(name: string, tests: (engine: Engine) => void): void {
  describe.each<Engine>(['embedded', 'postgres'])(`${name} (%s)`, tests)
}

export async function createTestDatabase(engine: Engine): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'promptmeter-data-'))
  const remove = async () => rmSync(dataDir, { recursive: true, force: true })
  const common = {
    DATA_DIR: dataDir,
    JWT_SECRET: 'test-secret-test-secret-test-secret-1',
    ADMIN_KEY: 'test-admin-key',
    PORT: '0',
  }
  if (engine === 'embedded') {
    // A thousand small files: what blocks does it in a tenth of the processor's time.
    cpSync(inject('embeddedTemplate'), join(dataDir, 'postgres'), { recursive: true })
    return {
      engine,
      dataDir,
      environment: common,
      remove,
    }
  }
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(`create database ${name}`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  return {
    engine,
    dataDir,
    environment: { ...common, DATABASE_URL: url.href },
    async remove() {
      await administer(`drop database if exists ${name} with (force)`)
      await remove()
    },
  }
}

/** Runs a statement beside the databases of the tests, in the one they were created from. */
export async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
