import { randomUUID } from 'node:crypto'
import type { PlanRequest } from '@promptmeter/contract'
import { sql } from 'kysely'
import type { Database } from '../../src/database/database.ts'
import type { Principal } from '../../src/sessions/session.ts'
import type { TestApp } from './test-app.ts'

let plans = 0

/** A user of the gateway whom nobody else knows. */
export interface HoldUser extends Principal {
  readonly email: string
  /** The name of a plan that nobody else has, or the built-in one. */
  readonly plan: string
}

/** @param plan what the user is granted; the built-in plan when left out */
export async function addHoldUser({ services }: TestApp, plan?: PlanRequest): Promise<HoldUser> {
  const name = plan === undefined ? 'free' : `plan-${process.pid}-${++plans}`
  if (plan !== undefined) await services.plans.put(name, plan)
  const user = await services.users.add(`${randomUUID()}@example.com`, null, name)
  const { sessionId } = await services.sessions.start(user, { method: 'email', clientName: null })
  return { userId: user.id, sessionId, email: user.email, plan: name }
}

export interface StoredHold {
  readonly id: string
  readonly tokens: number
  readonly cost: number
  readonly active: boolean
}

export async function readHolds({ kysely }: Database, userId: string): Promise<StoredHold[]> {
  const { rows } = await sql<StoredHold>`
    select id, tokens, cost_micros as cost, expires_at > now() as active from holds
    where user_id = ${userId} order by id`.execute(kysely)
  return rows
}

/** Lets holds of a user expire, as time does when nobody renews them. */
export async function expireHolds({ kysely }: Database, userId: string): Promise<void> {
  await sql`update holds set expires_at = now() - interval '1 second' where user_id = ${userId}`.execute(
    kysely,
  )
}

export interface StoredEvent {
  readonly kind: string
  readonly prompts: number
  readonly tokens: number
  readonly cost: number
  readonly key: string | null
  readonly holdId: string | null
}

export async function readUserEvents({ kysely }: Database, userId: string): Promise<StoredEvent[]> {
  const { rows } = await sql<StoredEvent>`
    select kind, prompts, tokens, cost_micros as cost, idempotency_key as key, hold_id as "holdId"
    from usage_events where user_id = ${userId} order by seq`.execute(kysely)
  return rows
}

/** Moves all that was counted of a user so many hours back, as if that much time had passed since. */
export async function passHours({ kysely }: Database, userId: string, hours: number): Promise<void> {
  await kysely.transaction().execute(async (transaction) => {
    const back = sql`make_interval(hours => ${hours}::integer)`
    await sql`alter table usage_events disable trigger usage_events_immutable`.execute(transaction)
    await sql`update usage_events set recorded_at = recorded_at - ${back} where user_id = ${userId}`.execute(
      transaction,
    )
    await sql`alter table usage_events enable trigger usage_events_immutable`.execute(transaction)
    await sql`update usage_hours set hour = hour - ${back} where user_id = ${userId}`.execute(transaction)
    await sql`delete from usage_days where user_id = ${userId}`.execute(transaction)
    await sql`insert into usage_days (user_id, day, model, source, prompts, tokens, cost_micros)
      select user_id, (hour at time zone 'UTC')::date, model, source, sum(prompts), sum(tokens), sum(cost_micros)
      from usage_hours where user_id = ${userId} group by 1, 2, 3, 4`.execute(transaction)
    await sql`update users set counted_hour = counted_hour - ${hours}::integer,
      rate_minute = rate_minute - ${60 * hours}::integer where id = ${userId}`.execute(transaction)
  })
}

/** Runs again what the end of an hour or a minute in the middle of it has spoiled. */
export async function withinOne(unitMs: number, work: () => Promise<void>): Promise<void> {
  for (;;) {
    const unit = Math.floor(Date.now() / unitMs)
    try {
      await work()
      return
    } catch (error) {
      if (Math.floor(Date.now() / unitMs) === unit) throw error
    }
  }
}
