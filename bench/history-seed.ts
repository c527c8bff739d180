import type { BenchDatabase } from './databases.ts'

export interface SeedOptions {
  /** All together; the same number for each user, so rounded down to a multiple of the users. */
  readonly events: number
  readonly days: number
  readonly onProgress: (done: number, total: number) => void
}

const rowsPerStatement = 100_000

/**
 * Gives every user of `database` a past of `days` days, as if the server had recorded it: events in the order of time with all
 * users mixed, so that a user's events lie as far apart on disk as they would in life; the rollups and counts that follow from
 * them. Returns the number of events.
 */
export async function seedHistory(database: BenchDatabase, options: SeedOptions): Promise<number> {
  const [row] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM users')
  const users = row?.count ?? 0
  const eventsPerUser = Math.floor(options.events / users)
  const step = Math.max(1, Math.floor(rowsPerStatement / users))

  for (let first = 1; first <= eventsPerUser; first += step) {
    const last = Math.min(first + step - 1, eventsPerUser)
    await database.query(
      `INSERT INTO usage_events
         (user_id, seq, prompts, tokens, model, source, recorded_at, prompt_count_after, token_count_after)
       SELECT id, seq, 1, 100,
         (ARRAY['gpt-5', 'gpt-5-mini', NULL])[1 + seq % 3], (ARRAY['editor/1.0.0', 'editor/1.1.0'])[1 + seq % 2],
         now() - make_interval(secs => $3::int * 86400 * ($4::int - seq + random()) / $4), seq, seq * 100
       FROM generate_series($1::int, $2::int) AS seq, users
       ORDER BY seq, random()`,
      [first, last, options.days, eventsPerUser],
    )
    options.onProgress(last * users, eventsPerUser * users)
  }

  for (const [table, bucket, expression] of [
    ['usage_hours', 'hour', "date_trunc('hour', recorded_at, 'UTC')"],
    ['usage_days', 'day', "(recorded_at AT TIME ZONE 'UTC')::date"],
  ]) {
    await database.query(
      `INSERT INTO ${table} (user_id, ${bucket}, model, source, prompts, tokens)
       SELECT user_id, ${expression}, coalesce(model, ''), coalesce(source, ''), sum(prompts), sum(tokens)
       FROM usage_events GROUP BY 1, 2, 3, 4`,
    )
  }
  await database.query(
    'UPDATE users SET prompt_count = $1::int, token_count = $1::int * 100, event_count = $1::int',
    [eventsPerUser],
  )
  // What autovacuum would have done long before.
  await database.query('VACUUM (ANALYZE)')
  return eventsPerUser * users
}
