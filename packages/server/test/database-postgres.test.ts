import { chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '@promptmeter/testing'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeStartFailure } from '../src/cli/start-failure.ts'
import { parseConfig } from '../src/config/config.ts'
import { openPostgres } from '../src/database/postgres.ts'
import { startTestApp } from './support/test-app.ts'
import { createTestCertificates } from './support/test-certificate.ts'
import { createTestDatabase } from './support/test-database.ts'

describe('TLS to PostgreSQL by the parameters of the URL', () => {
  let postgres: PostgresServer
  let folder: string
  let authorityFile: string
  beforeAll(async () => {
    postgres = await startPostgres()
    folder = await mkdtemp(join(tmpdir(), 'promptmeter-tls-'))
    authorityFile = join(folder, 'authority.crt')
    const { authority, server } = createTestCertificates('localhost')
    await writeFile(authorityFile, authority)
    await turnTlsOn(postgres.url, server.certificate, server.key)
  })
  afterAll(async () => {
    await postgres.remove()
    await rm(folder, { recursive: true })
  })

  /** Whether a connection with these parameters was encrypted, or how a start with it fails. */
  async function connect(host: string, parameters: Record<string, string>): Promise<boolean | string> {
    const url = new URL(postgres.url)
    url.host = host.includes(':') ? host : `${host}:${url.port}`
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    try {
      const { database: config } = parseConfig({ DATABASE_URL: url.href, JWT_SECRET: 'x'.repeat(32) })
      const database = openPostgres(config.url as string, config, () => {})
      try {
        const { rows } = await sql<{ ssl: boolean }>`
          select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(database.kysely)
        return (rows[0] as { ssl: boolean }).ssl
      } finally {
        await database.close()
      }
    } catch (error) {
      return describeStartFailure(error)
    }
  }

  it('sslmode=require encrypts', async () => {
    expect(await connect('127.0.0.1', { sslmode: 'require' })).toBe(true)
  })

  it('sslmode=disable does not', async () => {
    expect(await connect('127.0.0.1', { sslmode: 'disable' })).toBe(false)
  })

  it('sslmode=verify-full with the authority takes the server of the right name', async () => {
    const trust = { sslmode: 'verify-full', sslrootcert: authorityFile }
    expect(await connect('localhost', trust)).toBe(true)
  })

  it('sslmode=verify-full refuses a server of another name, verify-ca takes it', async () => {
    const trust = { sslrootcert: authorityFile }
    expect(await connect('127.0.0.1', { ...trust, sslmode: 'verify-full' })).toMatch(
      /^TLS with the database failed: .*127\.0\.0\.1/,
    )
    expect(await connect('127.0.0.1', { ...trust, sslmode: 'verify-ca' })).toBe(true)
  })

  it('sslmode=verify-full refuses a server whose authority nobody trusts', async () => {
    expect(await connect('localhost', { sslmode: 'verify-full' })).toMatch(/^TLS with the database failed: /)
  })

  it('sslmode=require with an authority checks against it, as libpq does', async () => {
    const other = join(folder, 'other.crt')
    await writeFile(other, createTestCertificates('localhost').authority)
    expect(await connect('127.0.0.1', { sslmode: 'require', sslrootcert: authorityFile })).toBe(true)
    expect(await connect('127.0.0.1', { sslmode: 'require', sslrootcert: other })).toMatch(
      /^TLS with the database failed: /,
    )
  })

  it('a server without TLS is refused, not talked to in clear', async () => {
    const plain = await startPostgres()
    const { host } = new URL(plain.url)
    expect(await connect(host, { sslmode: 'require' })).toMatch(/^Cannot reach the database: .* SSL/)
    await plain.remove()
  })
})

describe('DATABASE_PREPARE=false', () => {
  it('leaves no prepared statement behind, for poolers that do not track them', async () => {
    for (const [prepare, expected] of [
      ['false', 0],
      ['true', expect.any(Number)],
    ] as const) {
      const testDatabase = await createTestDatabase('postgres')
      // Of two connections one reads and one writes.
      const environment = { DATABASE_PREPARE: prepare, DATABASE_POOL_SIZE: '2' }
      const server = await startTestApp('postgres', { testDatabase, environment })
      try {
        const token = await server.signUp()
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => server.track(token, { usage: 1, model: 'gpt-5' })),
        )
        expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(200))
        const count = {
          name: 'test_count_prepared',
          text: 'select count(*) as count from pg_prepared_statements',
        }
        const [read] = await server.database.query<{ count: number }>(count, [])
        const [written] = await server.database.transaction((transaction) =>
          transaction.query<{ count: number }>(count, []),
        )
        const total = (read?.count ?? 0) + (written?.count ?? 0)
        expect(total).toEqual(expected)
        if (prepare === 'true') expect(total).toBeGreaterThan(0)
      } finally {
        await server.close()
        await testDatabase.remove()
      }
    }
  })
})

/** PostgreSQL takes a key only from a file of its own account; its data folder says which account that is. */
async function turnTlsOn(url: string, certificate: string, key: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query('show data_directory')
    const directory: string = rows[0].data_directory
    const { uid, gid } = await stat(directory)
    for (const [file, content] of [
      ['server.crt', certificate],
      ['server.key', key],
    ] as const) {
      await writeFile(join(directory, file), content, { mode: 0o600 })
      await chown(join(directory, file), uid, gid)
    }
    await client.query('alter system set ssl = on')
    await client.query('select pg_reload_conf()')
    const isOn = async () => (await client.query("select setting from pg_settings where name = 'ssl'")).rows
    while ((await isOn())[0].setting !== 'on') await new Promise((resolve) => setImmediate(resolve))
  } finally {
    await client.end()
  }
}
