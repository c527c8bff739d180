import type { AuditEvent } from '../audit/audit-event.ts'
import { csvLine } from '../csv.ts'

const COLUMNS = [
  'at',
  'action',
  'actor',
  'actorEmail',
  'userId',
  'userEmail',
  'sessionId',
  'ip',
  'clientName',
  'details',
] as const

/** Events of the audit log as the text of a CSV file, a page at a time; nothing is read before it is asked for. */
export async function* auditCsv(pages: AsyncIterable<readonly AuditEvent[]>): AsyncGenerator<string> {
  yield csvLine(COLUMNS)
  for await (const page of pages) yield page.map(lineOf).join('')
}

function lineOf({ at, action, actor, user, sessionId, ip, clientName, details }: AuditEvent): string {
  return csvLine([
    at.toISOString(),
    action,
    actor.kind,
    actor.email,
    user?.id ?? null,
    user?.email ?? null,
    sessionId,
    ip,
    clientName,
    JSON.stringify(details),
  ])
}
