/** Runs one statement on the database that is measured. */
export type RunSql = (sql: string) => Promise<unknown>

/** Plans with limits on every meter and window: what an operator with many kinds of customers may have. */
const PLANS: Readonly<Record<string, readonly (readonly [meter: string, window: string, amount: number])[]>> =
  {
    starter: [['prompts', 'lifetime', 100]],
    trial: [
      ['prompts', 'day', 20],
      ['tokens', 'day', 50_000],
    ],
    pro: [
      ['prompts', 'month', 1000],
      ['tokens', 'month', 2_000_000],
    ],
    'pro-annual': [
      ['prompts', 'month', 1200],
      ['cost', 'month', 20_000_000],
    ],
    team: [
      ['prompts', 'hour', 60],
      ['tokens', 'week', 900_000],
      ['cost', 'month', 50_000_000],
    ],
    research: [
      ['prompts', 'week', 300],
      ['tokens', 'week', 700_000],
      ['cost', 'lifetime', 90_000_000],
    ],
    contractor: [['cost', 'week', 4_000_000]],
    unlimited: [],
  }

/**
 * Makes `count` users as a server of two years has them: nine plans, counts from none to past the limits, a third not
 * used for a month, 2% with overrides, 3% with a threshold of their own, 1% disabled.
 */
export async function seedUsers(run: RunSql, count: number): Promise<void> {
  for (const [name, limits] of Object.entries(PLANS)) {
    const json = JSON.stringify(limits.map(([meter, window, amount]) => ({ meter, window, amount })))
    await run(`INSERT INTO plans (name, limits) VALUES ('${name}', '${json}')`)
  }
  const names = ['free', ...Object.keys(PLANS)].map((name) => `'${name}'`).join(', ')
  await run('SELECT setseed(0.5)')
  await run(`INSERT INTO users (id, email, plan, created_at, prompt_count, token_count, cost_micros, event_count,
      threshold, overrides, disabled_at, role, counted_hour,
      hour_prompts, hour_tokens, hour_cost_micros, day_prompts, day_tokens, day_cost_micros,
      week_prompts, week_tokens, week_cost_micros, month_prompts, month_tokens, month_cost_micros)
    SELECT (lpad(to_hex((extract(epoch FROM created_at) * 1000)::bigint), 12, '0') || '7'
        || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
      (ARRAY['ada', 'lin', 'max', 'noor', 'kim', 'eva'])[1 + n % 6] || '.' || substr(md5(n::text), 1, 8)
        || (ARRAY['@example.com', '@example.org', '@research.example.net'])[1 + n % 3],
      (ARRAY[${names}])[1 + floor(random() * ${Object.keys(PLANS).length + 1})::int],
      created_at, used, used * 700, used * 900, used,
      CASE WHEN n % 33 = 0 THEN n % 500 END,
      CASE WHEN n % 50 = 0 THEN '{"limits": [{"meter": "tokens", "window": "month", "amount": 400000},
        {"meter": "cost", "window": "month", "amount": null}]}'::jsonb END,
      CASE WHEN n % 100 = 7 THEN created_at END, CASE WHEN n % 5000 = 11 THEN 'admin' ELSE 'member' END,
      CASE WHEN used > 0 THEN floor(extract(epoch FROM now()) / 3600)::int - idle END,
      used / 90, used * 7, used * 9, used / 30, used * 23, used * 30, used / 10, used * 70, used * 90,
      used / 3, used * 230, used * 300
    FROM (SELECT n, now() - (${count} - n) * interval '730 days' / ${count} AS created_at,
      floor(power(random(), 4) * 4000)::bigint AS used, floor(power(random(), 3) * 3000)::int AS idle
      FROM generate_series(1, ${count}) n) u`)
  // What autovacuum would have done long before.
  await run('VACUUM (ANALYZE) users')
}
