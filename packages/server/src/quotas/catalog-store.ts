import { sql, type Transaction } from 'kysely'
import type { Tables } from '../database/tables.ts'

/**
 * Marks plans and prices as changed, so that no replica goes on by what it remembers of them; the first statement of
 * every change, which also makes changes wait for each other.
 */
export async function bumpRevision(transaction: Transaction<Tables>): Promise<void> {
  await sql`update catalog set revision = gen_random_uuid()`.execute(transaction)
}
