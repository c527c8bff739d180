/**
 * PostgreSQL's text form of an array, so that a whole batch travels as one parameter per column on both engines.
 * https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function textArray(values: readonly (string | null)[]): string {
  let literal = '{'
  for (let index = 0; index < values.length; index++) {
    if (index > 0) literal += ','
    const value = values[index]
    literal += value == null ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`
  }
  return `${literal}}`
}

/** The same for values that need no quotes: numbers, UUIDs. */
export function plainArray(values: readonly (number | string)[]): string {
  return `{${values.join(',')}}`
}

/** The same for instants. */
export function instantArray(values: readonly (Date | null)[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : `"${value.toISOString()}"`)).join(',')}}`
}
