import { randomUUIDv7 } from 'node:crypto'
import type { NewAuditEvent } from './audit-event.ts'
import type { AuditStore } from './audit-store.ts'

export type AuditService = ReturnType<typeof createAuditService>

export function createAuditService(store: AuditStore) {
  return {
    /** Adds to the log. What it tells of is answered only once this has resolved. */
    record: (event: NewAuditEvent): Promise<void> => store.insert(randomUUIDv7(), event),
  }
}
