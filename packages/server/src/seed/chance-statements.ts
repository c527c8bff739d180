import { type RawBuilder, sql } from 'kysely'

/**
 * Randomness that does not depend on the order in which rows are made: a hash of what the row is and what is decided.
 * Both engines hash alike.
 */
export interface Chances {
  /**
   * From 0 to 1, 1 excluded.
   * @param of an SQL expression of type bigint that tells the row
   * @param about one number for each decision
   */
  chance(of: string, about: number): RawBuilder<number>
  /** An id of version 7, so that ids lie in the order of time as the server's do. */
  id(of: string, about: number, at: string): RawBuilder<string>
}

/** Decisions of one seed lie this far from those of the next. */
const DECISIONS = 1000

export function createChances(randomSeed: number): Chances {
  const saltOf = (about: number) => randomSeed * DECISIONS + about
  return {
    chance: (of, about) =>
      sql.raw(`((hashint8extended(${of}, ${saltOf(about)}) & 4294967295)::float8 / 4294967296)`),
    id: (of, about, at) => {
      const digits = `md5(${of} || ':' || ${saltOf(about)})`
      const time = `lpad(to_hex((extract(epoch from ${at}) * 1000)::bigint), 12, '0')`
      return sql.raw(`(${time} || '7' || substr(${digits}, 1, 3) || 'a' || substr(${digits}, 4, 15))::uuid`)
    },
  }
}

/** One of these, by a chance. */
export function oneOf(values: readonly string[], chance: RawBuilder<number>): RawBuilder<string> {
  return sql`(array[${sql.join(values.map((value) => sql.lit(value)))}])[1 + floor(${chance} * ${sql.lit(values.length)})::int]`
}
