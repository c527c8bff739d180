import { setImmediate } from 'node:timers/promises'
import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Database } from '../database/database.ts'
import { createVersionTable, migrateWithin } from '../database/migrate.ts'
import type { Tables } from '../database/tables.ts'
import { type Chances, createChances } from './chance-statements.ts'
import { DEMO_MODELS, DEMO_PLANS } from './demo-terms.ts'
import { UPDATE_COUNTS } from './seed-count-statements.ts'
import {
  draftActivity,
  EVENTS_AT_ONCE,
  INSERT_DAYS,
  INSERT_HOURS,
  insertCorrections,
  insertEvents,
} from './seed-event-statements.ts'
import type { SeedOptions, SeedSummary } from './seed-options.ts'
import { insertOperatorAudit, insertRefusals, insertSessionAudit } from './seed-record-statements.ts'
import { draftUsers, INSERT_USERS, insertKeys, insertSignIns } from './seed-user-statements.ts'

const FILLED = [
  'users',
  'sessions',
  'usage_events',
  'usage_hours',
  'usage_days',
  'audit_events',
  'refusals',
] as const satisfies (keyof Tables)[]

/** What is in the database that the seed would mix with. */
export interface Occupancy {
  readonly users: number
  readonly used: boolean
}

export interface SeedTransaction {
  readOccupancy(): Promise<Occupancy>
  /** @param addressOffset how many addresses earlier seeds may have taken */
  fill(options: SeedOptions, addressOffset: number): Promise<SeedSummary>
}

/** Runs `work` in one transaction that also brings the schema: what fails leaves no trace, not even tables. */
export async function inSeedTransaction<T>(
  { kysely }: Database,
  work: (seed: SeedTransaction) => Promise<T>,
): Promise<T> {
  await createVersionTable(kysely)
  return kysely.transaction().execute(async (transaction) => {
    await migrateWithin(transaction)
    // Sorting a million rows in the default of 4 MB would go over the disk many times.
    await sql`set local work_mem = '64MB'`.execute(transaction)
    return work({
      readOccupancy: () => readOccupancy(transaction),
      fill: (options, addressOffset) => fill(transaction, options, addressOffset),
    })
  })
}

async function readOccupancy(transaction: Transaction<Tables>): Promise<Occupancy> {
  // Nobody signs up between this look and the end.
  await sql`lock table users in exclusive mode`.execute(transaction)
  const { rows } = await sql<Occupancy>`
    select (select count(*) from users) as users, exists (select from usage_events) as used`.execute(
    transaction,
  )
  return rows[0] as Occupancy
}

async function fill(
  transaction: Transaction<Tables>,
  options: SeedOptions,
  addressOffset: number,
): Promise<SeedSummary> {
  const chances = createChances(options.randomSeed)
  const total = options.users + 1.75 * options.events
  let done = 0
  const run = async (statement: RawBuilder<unknown>, progress = 0) => {
    // The embedded engine works in this process and lets no signal in by itself.
    await setImmediate()
    options.signal?.throwIfAborted()
    const { numAffectedRows } = await statement.execute(transaction)
    done += progress
    options.onProgress?.(Math.min(done, total), total)
    return Number(numAffectedRows ?? 0)
  }

  await insertTerms(run)
  await run(draftUsers(options, chances, addressOffset))
  const users = await run(INSERT_USERS, options.users)
  await run(sql`analyze seed_users, users`)
  await run(draftActivity(options, chances))
  await run(sql`analyze seed_activity`)
  const events = await insertUsage(transaction, run, options, chances)
  await run(UPDATE_COUNTS)
  const sessions = (await run(insertSignIns(options, chances))) + (await run(insertKeys(options, chances)))
  const auditEvents =
    (await run(insertSessionAudit(options, chances))) + (await run(insertOperatorAudit(options, chances)))
  await run(insertRefusals(options, chances))
  // The embedded engine has nobody else who would tell the planner of the new rows.
  for (const table of FILLED) await run(sql`analyze ${sql.table(table)}`)
  return { users, events, activeUsers: await countActive(transaction), sessions, auditEvents }
}

type Run = (statement: RawBuilder<unknown>, progress?: number) => Promise<number>

async function insertTerms(run: Run): Promise<void> {
  for (const { name, limits, requestsPerMinute } of DEMO_PLANS) {
    await run(sql`insert into plans (name, limits, requests_per_minute)
      values (${name}, ${JSON.stringify(limits)}::jsonb, ${requestsPerMinute}::int) on conflict do nothing`)
  }
  for (const { model, inputMicros, cachedInputMicros, outputMicros } of DEMO_MODELS) {
    await run(sql`insert into prices (model, effective_from, input_micros, cached_input_micros, output_micros)
      values (${model}, '2025-04-16', ${inputMicros}, ${cachedInputMicros}, ${outputMicros}) on conflict do nothing`)
  }
  await run(sql`update catalog set revision = gen_random_uuid()`)
}

async function insertUsage(
  transaction: Transaction<Tables>,
  run: Run,
  options: SeedOptions,
  chances: Chances,
): Promise<number> {
  const { rows } = await sql<{ last: number | null }>`select max(portion) as last from seed_activity`.execute(
    transaction,
  )
  let events = 0
  for (let portion = 0; portion <= (rows[0]?.last ?? -1); portion++) {
    events += await run(insertEvents(options, chances, portion), EVENTS_AT_ONCE)
  }
  events += await run(insertCorrections(options, chances))
  await run(sql`analyze usage_events`)
  await run(INSERT_HOURS, options.events / 2)
  await run(INSERT_DAYS, options.events / 4)
  return events
}

async function countActive(transaction: Transaction<Tables>): Promise<number> {
  const { rows } = await sql<{ active: number }>`select count(*) as active from seed_activity`.execute(
    transaction,
  )
  return rows[0]?.active ?? 0
}
