import { sql, type Transaction } from 'kysely'
import type { Tables } from '../database/tables.ts'

const SHOWN = 5

/**
 * Users whose counts are not the sum of their events, of their days and of their hours, or whose events are not
 * numbered without gaps; also ids that have usage and no user. Never more than five of them.
 */
export async function findUnbalancedUsers(transaction: Transaction<Tables>): Promise<string[]> {
  const sumsOf = (table: keyof Tables) =>
    sql`(select user_id, sum(prompts) as prompts, sum(tokens) as tokens, sum(cost_micros) as cost, count(*) as rows
      from ${sql.table(table)} group by user_id)`
  const { rows } = await sql<{ user_id: string }>`
    select user_id
    from (select id as user_id, prompt_count as prompts, token_count as tokens, cost_micros as cost, event_count from users) u
    full join ${sumsOf('usage_events')} e using (user_id)
    full join ${sumsOf('usage_days')} d using (user_id)
    full join ${sumsOf('usage_hours')} h using (user_id)
    full join (select user_id, max(seq) as last_seq from usage_events group by user_id) l using (user_id)
    where (u.prompts, u.tokens, u.cost)
        is distinct from (coalesce(e.prompts, 0), coalesce(e.tokens, 0), coalesce(e.cost, 0))
      or (u.prompts, u.tokens, u.cost)
        is distinct from (coalesce(d.prompts, 0), coalesce(d.tokens, 0), coalesce(d.cost, 0))
      or (u.prompts, u.tokens, u.cost)
        is distinct from (coalesce(h.prompts, 0), coalesce(h.tokens, 0), coalesce(h.cost, 0))
      or (u.event_count, u.event_count) is distinct from (coalesce(e.rows, 0), coalesce(l.last_seq, 0))
    order by user_id limit ${sql.lit(SHOWN)}`.execute(transaction)
  return rows.map((row) => row.user_id)
}
