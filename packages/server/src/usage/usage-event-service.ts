import type { UsageEventListQuery, UsageEventListResponse, UsageEventResponse } from '@promptmeter/contract'
import type { UsageEvent, UsageEventStore } from './usage-event-store.ts'

export type UsageEventService = ReturnType<typeof createUsageEventService>

export function createUsageEventService(store: UsageEventStore) {
  return {
    /** A page of what was recorded of a user, newest first. */
    async list(userId: string, query: UsageEventListQuery): Promise<UsageEventListResponse> {
      const { limit = 50, before = null } = query
      // One more tells whether another page follows.
      const events = await store.list(userId, before, limit + 1)
      const page = events.slice(0, limit)
      const nextBefore = events.length > limit ? (page.at(-1)?.seq ?? null) : null
      return { events: page.map(toUsageEventResponse), nextBefore }
    },
  }
}

function toUsageEventResponse(event: UsageEvent): UsageEventResponse {
  return {
    ...event,
    occurredAt: event.occurredAt.toISOString(),
    recordedAt: event.recordedAt.toISOString(),
  }
}
