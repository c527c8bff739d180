const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/

/** Years that JavaScript and PostgreSQL write alike, with room for an offset and for rounding to a month. */
const FIRST_YEAR = 1970
const LAST_YEAR = 2999

/**
 * The moment that an RFC 3339 text names, or null when it names none. `Date` alone would read 30 February as 2 March,
 * and take what PostgreSQL refuses. No leap seconds: neither of the two can keep one.
 */
export function parseInstant(text: string): Date | null {
  const parts = INSTANT.exec(text)
  if (parts === null) return null
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12) return null
  if (day < 1 || day > daysInMonth(year, month)) return null
  return new Date(text.toUpperCase())
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}
