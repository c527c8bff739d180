import type { Selectable } from 'kysely'
import type { PlansTable } from '../database/tables.ts'
import type { Plan } from './plan.ts'

export function planFromRow(row: Omit<Selectable<PlansTable>, 'updated_at'>): Plan {
  return {
    name: row.name,
    limits: row.limits,
    allowedModels: row.allowed_models,
    requestsPerMinute: row.requests_per_minute,
    concurrentCalls: row.concurrent_calls,
    defaultMaxTokens: row.default_max_tokens,
  }
}
