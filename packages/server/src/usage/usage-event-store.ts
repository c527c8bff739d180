import type { UsageEventKind, UsageEventResponse } from '@promptmeter/contract'
import type { Database, Statement } from '../database/database.ts'

/** One event as it was recorded. */
export interface UsageEvent extends Omit<UsageEventResponse, 'occurredAt' | 'recordedAt'> {
  readonly kind: UsageEventKind
  readonly occurredAt: Date
  readonly recordedAt: Date
}

/** $1 user id; $2 the number that all lie below, or null; $3 how many */
const LIST: Statement = {
  name: 'usage_event_list',
  text: `select seq, kind, prompts, tokens, cost_micros as "costMicros", model, source,
      coalesce(occurred_at, recorded_at) as "occurredAt", recorded_at as "recordedAt",
      input_tokens as "inputTokens", cached_input_tokens as "cachedInputTokens", output_tokens as "outputTokens",
      reasoning_tokens as "reasoningTokens", estimated, reason
    from usage_events where user_id = $1 and seq < coalesce($2::bigint, 9223372036854775807)
    order by seq desc limit $3`,
}

export type UsageEventStore = ReturnType<typeof createUsageEventStore>

export function createUsageEventStore(database: Pick<Database, 'query'>) {
  return {
    /** The events of one user below a number, newest first. */
    list: (userId: string, before: number | null, limit: number): Promise<UsageEvent[]> =>
      database.query<UsageEvent>(LIST, [userId, before, limit]),
  }
}
