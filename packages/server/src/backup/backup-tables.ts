import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Tables } from '../database/tables.ts'
import type { TableTotals } from './backup-format.ts'

/** Every table that is backed up, each after those it refers to. A name stays here when a later schema drops its table. */
export const BACKUP_TABLES = [
  'plans',
  'prices',
  'users',
  'sessions',
  'usage_events',
  'usage_hours',
  'usage_days',
  'holds',
  'identities',
  'audit_events',
  'refusals',
] as const satisfies readonly (keyof Tables)[]

/** What lives for minutes or hours: a restored server lets people sign in anew. */
type ShortLived = 'challenges' | 'oauth_records' | 'rate_limits' | 'operator_sessions'

type Forgotten = Exclude<keyof Tables, (typeof BACKUP_TABLES)[number] | ShortLived>

/** Does not compile while a table of the schema is missing above: it would be left behind unseen. */
export const nothingForgotten: [Forgotten] extends [never] ? true : Forgotten = true

/** A table as the database describes it, so that one reader fits every version of the schema. */
export interface TableShape {
  readonly name: string
  readonly columns: readonly Column[]
  /** Its primary key, in order. */
  readonly key: readonly Column[]
}

export interface Column {
  readonly name: string
  /** As PostgreSQL writes the type, such as `timestamp with time zone`. */
  readonly type: string
}

/** Those of our tables that the database has. */
export async function findTables(transaction: Transaction<Tables>): Promise<TableShape[]> {
  const tables: TableShape[] = []
  for (const name of BACKUP_TABLES) {
    const { rows } = await sql<Column & { key_position: number | null }>`
      select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
        array_position(i.indkey::int2[], a.attnum) as key_position
      from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
      where a.attrelid = to_regclass(${name}::text) and a.attnum > 0 and not a.attisdropped
        and a.attgenerated = ''
      order by a.attnum`.execute(transaction)
    if (rows.length === 0) continue
    const key = rows
      .filter((column) => column.key_position !== null)
      .sort((one, other) => Number(one.key_position) - Number(other.key_position))
    tables.push({ name, columns: rows, key })
  }
  return tables
}

const WHOLE_NUMBERS = new Set(['bigint', 'integer', 'smallint'])

export async function readTotals(transaction: Transaction<Tables>, table: TableShape): Promise<TableTotals> {
  const sums = table.columns
    .filter(({ type }) => WHOLE_NUMBERS.has(type))
    .map(({ name }) => sql`${name}::text, coalesce(sum(${sql.ref(name)}), 0)::text`)
  const { rows } = await sql<{ rows: string; sums: Record<string, string> }>`
    select count(*)::text as rows, json_build_object(${sql.join(sums)}) as sums
    from ${sql.table(table.name)}`.execute(transaction)
  const [totals] = rows
  if (totals === undefined) throw new Error(`${table.name} has no totals`)
  return { rows: Number(totals.rows), sums: totals.sums }
}

/** The key of one row, to go on behind it. Values travel as text, which every type reads without loss. */
export function keyValues(table: TableShape, row: string): RawBuilder<unknown> {
  const fields = JSON.parse(row)
  return sql.join(table.key.map(({ name, type }) => sql`${String(fields[name])}::text::${sql.raw(type)}`))
}
