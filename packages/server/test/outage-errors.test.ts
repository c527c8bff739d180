import { once } from 'node:events'
import { createServer } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../src/config/config.ts'
import type { Database, Statement } from '../src/database/database.ts'
import {
  CommitUnknownError,
  isConnectionLost,
  isContention,
  isRolledBack,
  isUnavailable,
} from '../src/database/database-errors.ts'
import { openPostgres } from '../src/database/postgres.ts'
import { createLedgerStore } from '../src/ledger/ledger-store.ts'
import { withDatabase } from './support/ledger-audit.ts'
import { createTestDatabase, describeOnBothEngines, type TestDatabase } from './support/test-database.ts'

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('this should have failed')
    },
    (error) => error,
  )

const statement = (text: string): Statement => ({ name: '', text })

describe('what the errors of PostgreSQL mean', () => {
  let testDatabase: TestDatabase
  let first: pg.Client
  let second: pg.Client
  const classify = createLedgerStore({} as Database).classify

  beforeAll(async () => {
    testDatabase = await createTestDatabase('postgres')
    ;[first, second] = await Promise.all([connected(), connected()])
    await first.query('create table rows (id int primary key, value int check (value < 10))')
    await first.query('insert into rows values (1, 0), (2, 0)')
  })
  afterAll(async () => {
    await Promise.all([first.end(), second.end()])
    await testDatabase.remove()
  })

  async function connected(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: testDatabase.environment.DATABASE_URL })
    client.on('error', () => {})
    await client.connect()
    return client
  }

  function open(changes: Record<string, string> = {}): Database {
    const config = parseConfig({ ...testDatabase.environment, ...changes })
    return openPostgres(config.database.url as string, config.database, () => {})
  }

  async function closedPort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    return port
  }

  it('takes a refused connection for a database that is away: tried again', async () => {
    const url = new URL(testDatabase.environment.DATABASE_URL as string)
    url.port = String(await closedPort())
    const database = open({ DATABASE_URL: url.href })
    const error = await failure(database.query(statement('select 1'), []))
    expect([isUnavailable(error), isConnectionLost(error), classify(error)]).toEqual([true, true, 'retry'])
    await database.close()
  })

  it('takes the end of a session in the middle of a statement for a lost connection', async () => {
    const client = await connected()
    const { rows } = await client.query('select pg_backend_pid() as pid')
    const sleeping = failure(client.query('select pg_sleep(60)'))
    await first.query('select pg_terminate_backend($1)', [rows[0].pid])
    const error = await sleeping
    expect(error).toMatchObject({ code: '57P01' })
    // The server undid the statement before it said so.
    expect([isUnavailable(error), isConnectionLost(error), isRolledBack(error)]).toEqual([true, true, true])
    expect(classify(error)).toBe('retry')
    const later = await failure(client.query('select 1'))
    expect([isUnavailable(later), isConnectionLost(later), isRolledBack(later)]).toEqual([true, true, false])
    await client.end().catch(() => {})
  })

  it('takes a statement timeout for a database that is too slow just now', async () => {
    const database = open({ DATABASE_STATEMENT_TIMEOUT_MS: '50' })
    const error = await failure(database.query(statement('select pg_sleep(60)'), []))
    expect(error).toMatchObject({ code: '57014' })
    expect([isUnavailable(error), isConnectionLost(error), classify(error)]).toEqual([true, false, 'retry'])
    await database.close()
  })

  it('takes a lock timeout for contention', async () => {
    const database = open({ DATABASE_LOCK_TIMEOUT_MS: '50' })
    await first.query('begin')
    await first.query('update rows set value = 1 where id = 1')
    const error = await failure(database.query(statement('update rows set value = 2 where id = 1'), []))
    await first.query('rollback')
    expect(error).toMatchObject({ code: '55P03' })
    expect([isContention(error), isUnavailable(error), classify(error)]).toEqual([true, false, 'retry'])
    await database.close()
  })

  it('takes a deadlock for contention', async () => {
    await Promise.all([first.query('begin'), second.query('begin')])
    await first.query('update rows set value = 1 where id = 1')
    await second.query('update rows set value = 1 where id = 2')
    const crossed = await Promise.allSettled([
      first.query('update rows set value = 1 where id = 2'),
      second.query('update rows set value = 1 where id = 1'),
    ])
    await Promise.all([first.query('rollback'), second.query('rollback')])
    const error = crossed.find((result) => result.status === 'rejected')?.reason
    expect(error).toMatchObject({ code: '40P01' })
    expect([isContention(error), classify(error)]).toEqual([true, 'retry'])
  })

  it('takes a serialization failure for contention', async () => {
    await first.query('begin isolation level repeatable read')
    await first.query('select * from rows')
    await second.query('update rows set value = 5 where id = 1')
    const error = await failure(first.query('update rows set value = 6 where id = 1'))
    await first.query('rollback')
    expect(error).toMatchObject({ code: '40001' })
    expect([isContention(error), isRolledBack(error), classify(error)]).toEqual([true, true, 'retry'])
  })

  it('takes a broken rule for a fault of the call', async () => {
    const error = await failure(first.query('insert into rows values (3, 99)'))
    expect(error).toMatchObject({ code: '23514' })
    expect([isUnavailable(error), isContention(error), classify(error)]).toEqual([false, false, 'rejected'])
  })

  it('takes no word of a pooler, nor an unknown completion, for a rollback', () => {
    for (const code of ['08P01', '08006', '08007', '40003']) {
      const error = Object.assign(new pg.DatabaseError('server conn crashed?', 0, 'error'), { code })
      expect(isRolledBack(error)).toBe(false)
    }
    expect(classify(new CommitUnknownError(new Error('lost')))).toBe('unknown')
  })
})

describeOnBothEngines('what a failing statement means', (engine) => {
  it('tells a broken rule from a database that is closed', async () => {
    const testDatabase = await createTestDatabase(engine)
    const database = await withDatabase(testDatabase.environment, async (opened) => {
      const error = await failure(opened.query(statement('select 1 / 0'), []))
      expect(error).toMatchObject({ code: '22012' })
      expect([isUnavailable(error), isContention(error), isRolledBack(error)]).toEqual([false, false, true])
      return opened
    })
    expect(isUnavailable(await failure(database.query(statement('select 1'), [])))).toBe(true)
    await testDatabase.remove()
  })
})
