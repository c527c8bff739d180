import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runSql } from '../src/databases.ts'
import { choosePort } from '../src/free-port.ts'
import { type PostgresServer, startPostgres } from '../src/index.ts'
import { childPids, isRunning } from '../src/processes.ts'

vi.mock('../src/free-port.ts', { spy: true })
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres({ settings: { max_connections: '42', listen_addresses: '*' } })
})
afterAll(() => server.remove())

const portOf = (url: string) => Number(new URL(url).port)

test.each([
  ['fsync', 'on'],
  ['synchronous_commit', 'on'],
  ['full_page_writes', 'on'],
  ['server_encoding', 'UTF8'],
  ['TimeZone', 'UTC'],
  ['max_connections', '42'],
  ['listen_addresses', '127.0.0.1'],
  ['unix_socket_directories', ''],
])('setting %s is "%s"', async (name, value) => {
  expect(await runSql(server.url, `SHOW ${name}`)).toBe(value)
})

test('text has one order on every machine: C.UTF-8', async () => {
  const sql =
    "SELECT datlocprovider::text || ' ' || datlocale || ' ' || datctype FROM pg_database WHERE datname = 'postgres'"
  expect(await runSql(server.url, sql)).toBe('b C.UTF-8 C.UTF-8')
})

test('the port is closed to who does not know the password', async () => {
  const url = new URL(server.url)
  url.password = 'wrong'
  await expect(runSql(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
})

test('databases have names of their own and a clone has the rows of its template', async () => {
  const template = await server.createDatabase()
  await runSql(template, 'CREATE TABLE colours AS SELECT 7 AS shade')
  const [first, second] = await Promise.all([
    server.createDatabase(undefined, template),
    server.createDatabase(undefined, template),
  ])
  expect(new Set([template, first, second]).size).toBe(3)
  await runSql(first, 'DELETE FROM colours')
  expect(await runSql(second, 'SELECT shade FROM colours')).toBe(7)
})

test('a database is dropped under its users, whatever its name', async () => {
  const url = await server.createDatabase('odd "name" 100% ü')
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  await server.dropDatabase(url)
  await expect(runSql(url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' })
  await server.dropDatabase(url)
})

test.each(['fast', 'immediate'] as const)('a %s stop keeps rows and port', async (mode) => {
  const url = await server.createDatabase()
  await runSql(url, 'CREATE TABLE kept AS SELECT 1 AS row')
  await server.stop(mode)
  await server.stop(mode)
  expect(isRunning(server.pid)).toBe(false)
  await expect(runSql(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await server.start()
  await server.start()
  expect(await runSql(url, 'SELECT row FROM kept')).toBe(1)
})

test('committed rows survive a kill of the whole server', async () => {
  const url = await server.createDatabase()
  await runSql(url, 'CREATE TABLE calls (id int PRIMARY KEY)')
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  let committed = 0
  const writing = (async () => {
    for (;;) {
      await client.query('INSERT INTO calls VALUES ($1)', [committed + 1])
      committed++
    }
  })()
  const lost = expect(writing).rejects.toThrow()
  while (committed < 50) await sleep(5)
  const processes = [server.pid, ...childPids(server.pid)]

  await server.kill()
  await lost
  expect(processes.length).toBeGreaterThan(4)
  expect(processes.filter(isRunning)).toEqual([])

  await server.start()
  const rows = Number(await runSql(url, `SELECT count(*) FROM calls WHERE id <= ${committed}`))
  expect(rows).toBe(committed)
})

test('a taken port is told with the end of the log and what to do', async () => {
  await expect(startPostgres({ port: portOf(server.url) })).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringMatching(/give another[\s\S]*could not bind[\s\S]*TEST_DATABASE_URL/),
  })
})

test('a port taken in between is replaced by another', async () => {
  vi.mocked(choosePort).mockReturnValueOnce(portOf(server.url))
  const other = await startPostgres()
  expect(portOf(other.url)).not.toBe(portOf(server.url))
  expect(await runSql(server.url, 'SHOW max_connections')).toBe('42')
  await other.remove()
})

test('a setting it refuses is told with the end of the log', async () => {
  await expect(startPostgres({ settings: { fsync: 'perhaps' } })).rejects.toMatchObject({
    code: 'start_failed',
    message: expect.stringContaining('parameter "fsync" requires a Boolean value'),
  })
})

test('a removed server leaves no process and no file', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'promptmeter-test-'))
  await chmod(parent, 0o755)
  const other = await startPostgres({ directory: parent })
  const folder = String(await runSql(other.url, 'SHOW data_directory'))
  expect(folder.startsWith(parent)).toBe(true)
  await other.remove()
  expect(isRunning(other.pid)).toBe(false)
  expect(existsSync(folder)).toBe(false)
  expect(await readdir(parent)).toEqual([])
  await rm(parent, { recursive: true })
})
