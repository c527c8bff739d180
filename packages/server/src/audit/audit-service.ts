import { randomUUIDv7 } from 'node:crypto'
import type { AuditQuery, ExportAuditQuery } from '@promptmeter/contract'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { AuditEvent, NewAuditEvent } from './audit-event.ts'
import type { AuditCursor, AuditStore } from './audit-store.ts'

/** Events read by one statement, and so what one export keeps in memory. */
const EVENTS_PER_PAGE = 1000

export type AuditService = ReturnType<typeof createAuditService>

export function createAuditService(store: AuditStore) {
  const nextId = createOrderedIds()

  return {
    /** Adds to the log. What it tells of is answered only once this has resolved. */
    record: (event: NewAuditEvent): Promise<void> => store.insert(nextId(), event),

    /** A page of the log, newest first. @throws PromptmeterError `invalid_request` when the cursor is not one of ours */
    async list(query: AuditQuery): Promise<{ events: AuditEvent[]; nextCursor: string | null }> {
      const { limit = 50, cursor, ...filter } = query
      const before = cursor === undefined ? null : parseCursor(cursor)
      const rows = await store.list({ ...readFilter(filter), limit, before })
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      return {
        events: page.map(({ event }) => event),
        nextCursor: rows.length > limit && last ? formatCursor(last.cursor) : null,
      }
    },

    /** All of the log that is meant, newest first, in pages; a page is read once it is asked for. */
    async *pages(query: ExportAuditQuery): AsyncGenerator<AuditEvent[]> {
      let before: AuditCursor | null = null
      for (;;) {
        const rows = await store.list({ ...readFilter(query), limit: EVENTS_PER_PAGE, before })
        const page = rows.slice(0, EVENTS_PER_PAGE)
        if (page.length > 0) yield page.map(({ event }) => event)
        if (rows.length <= EVENTS_PER_PAGE) return
        before = page.at(-1)?.cursor ?? null
      }
    },
  }
}

function readFilter({ userId, actorId, action, from, to }: ExportAuditQuery) {
  return {
    userId,
    actorId,
    action,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  }
}

/** Version 7 ids that sort as they were made, also within a millisecond: the finest that the embedded clock tells. */
function createOrderedIds(): () => string {
  let lastMillisecond = ''
  let made = 0
  return () => {
    const id = randomUUIDv7()
    const millisecond = id.slice(0, 13)
    made = millisecond === lastMillisecond ? (made + 1) & 0xfff : 0
    lastMillisecond = millisecond
    return `${millisecond}-7${made.toString(16).padStart(3, '0')}${id.slice(18)}`
  }
}

function formatCursor({ atMicros, id }: AuditCursor): string {
  return Buffer.from(`${atMicros} ${id}`).toString('base64url')
}

function parseCursor(cursor: string): AuditCursor {
  const parts = /^(\d{1,16}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(
    Buffer.from(cursor, 'base64url').toString(),
  )
  if (parts === null)
    throw new PromptmeterError('invalid_request', 'cursor must be the nextCursor of a page.')
  return { atMicros: parts[1] as string, id: parts[2] as string }
}
