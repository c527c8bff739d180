import type { Statement } from '../database/database.ts'

/** $1 user ids, $2 days */
export const FIND_DAY_LABELS: Statement = {
  name: 'ledger_find_day_labels',
  text: `select d.user_id, d.day, d.model, d.source
    from (select distinct * from unnest($1::uuid[], $2::date[])) asked(user_id, day)
    join usage_days d on d.user_id = asked.user_id and d.day = asked.day`,
}
