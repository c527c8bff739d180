import type { Database, Statement } from '../database/database.ts'

/** Rows read by one statement, and so what one export keeps in memory. */
const ROWS_PER_PAGE = 1000

/** A list of the export: its rows as JSON behind a cursor, which is the key of the last row as text. */
function section(name: string, first: string, from: string, key: string, type = 'text'): Section {
  return {
    first,
    statement: {
      name: `export_${name}`,
      text: `select row_to_json(t)::text as row, (${key})::text as cursor from ${from}
        and (${key}) > $2::text::${type} order by ${key} limit ${ROWS_PER_PAGE}`,
    },
  }
}

interface Section {
  /** A cursor before every key. */
  readonly first: string
  readonly statement: Statement
}

const NO_ID = '00000000-0000-0000-0000-000000000000'

/** `grant_mac` stays behind: it is no fact of the user, and leads to what signed them in. */
const sessionsOf = (kind: string) =>
  `(select id, kind, client_name, method, created_at, expires_at, revoked_at, last_used_at, user_id
    from sessions) t where t.user_id = $1 and t.kind = '${kind}'`

/** Of every table that holds something of a user, the rows of one. $1 user id, $2 cursor */
const SECTIONS = {
  sessions: section('sessions', NO_ID, sessionsOf('sign-in'), 't.id', 'uuid'),
  keys: section('keys', NO_ID, sessionsOf('key'), 't.id', 'uuid'),
  identities: section(
    'identities',
    '',
    'identities t where t.user_id = $1',
    `t.issuer || ' ' || t.subject collate "C"`,
  ),
  usageEvents: section('usage_events', '0', 'usage_events t where t.user_id = $1', 't.seq', 'bigint'),
  holds: section('holds', NO_ID, 'holds t where t.user_id = $1', 't.id', 'uuid'),
  auditEvents: section(
    'audit_events',
    NO_ID,
    // Where others did something, from where is theirs.
    `(select id, at, action, actor, case when actor_id = $1 then actor_id end as actor_id, user_id, session_id,
        case when actor_id = $1 then ip end as ip, case when actor_id = $1 then client_name end as client_name, details
      from audit_events where user_id = $1 or actor_id = $1) t where true`,
    't.id',
    'uuid',
  ),
} as const satisfies Record<string, Section>

export type ExportSection = keyof typeof SECTIONS
export const EXPORT_SECTIONS = Object.keys(SECTIONS) as ExportSection[]

export type ExportStore = ReturnType<typeof createExportStore>

export function createExportStore(database: Pick<Database, 'query'>) {
  return {
    /** Every row of a section in pages, each row as JSON with the columns of its table. */
    async *pages(name: ExportSection, userId: string): AsyncGenerator<string[]> {
      const { statement, first } = SECTIONS[name]
      let after = first
      for (;;) {
        const rows = await database.query<{ row: string; cursor: string }>(statement, [userId, after])
        const last = rows.at(-1)
        if (last !== undefined) yield rows.map(({ row }) => row)
        if (last === undefined || rows.length < ROWS_PER_PAGE) return
        after = last.cursor
      }
    },
  }
}
