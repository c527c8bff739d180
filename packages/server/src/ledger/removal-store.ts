import type { Database, Statement } from '../database/database.ts'

/** Events deleted by one statement: many enough to be quick, few enough to stay far from the statement timeout. */
const EVENTS_PER_STATEMENT = 50_000

/** $1 user id */
const COUNT_EVENTS: Statement = {
  name: 'removal_count_events',
  text: 'select event_count from users where id = $1',
}

/** $1 user id. From here on no writer can add anything: each locks this row first. */
const LOCK_USER: Statement = {
  name: 'removal_lock_user',
  text: 'select id from users where id = $1 for update',
}

/** $1 user id, $2 the seq up to which */
const DELETE_EVENTS: Statement = {
  name: 'removal_delete_events',
  text: 'delete from usage_events where user_id = $1 and seq <= $2',
}

/**
 * $1 user id. Sessions, keys and identities go with their user. The audit log keeps what was done, not where from: the
 * one change it allows.
 */
const DELETE_REST: Statement = {
  name: 'removal_delete_rest',
  text: `with events as (
      delete from usage_events where user_id = $1
    ), hours as (
      delete from usage_hours where user_id = $1
    ), days as (
      delete from usage_days where user_id = $1
    ), holds as (
      delete from holds where user_id = $1
    ), codes as (
      delete from challenges where email = (select email from users where id = $1)
    ), blanked as (
      update audit_events set ip = null, client_name = null where id in (
        select id from audit_events where user_id = $1 union select id from audit_events where actor_id = $1)
    )
    delete from users where id = $1`,
}

export interface RemovalStore {
  /** Deletes a user and everything kept of them, in one transaction; false when there is no such user. */
  remove(userId: string): Promise<boolean>
}

export function createRemovalStore(database: Database): RemovalStore {
  return {
    remove: (userId) =>
      database.transaction(async (transaction) => {
        const [user] = await transaction.query<{ event_count: number }>(COUNT_EVENTS, [userId])
        if (user === undefined) return false
        // The many first, and the lock after them: a batch of others that this user is in waits only for the rest.
        for (let seq = EVENTS_PER_STATEMENT; seq < user.event_count; seq += EVENTS_PER_STATEMENT) {
          await transaction.query(DELETE_EVENTS, [userId, seq])
        }
        const locked = await transaction.query(LOCK_USER, [userId])
        if (locked.length === 0) return false
        await transaction.commitWith(DELETE_REST, [userId])
        return true
      }),
  }
}
