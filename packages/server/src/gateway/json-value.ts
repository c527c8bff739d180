export type JsonObject = Readonly<Record<string, unknown>>

const NOTHING: JsonObject = {}

/** The value if it is a JSON object; an empty one for anything else, so that a field of it can be asked for. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : NOTHING
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The value as JSON. JSON.stringify overflows the stack when a value nests deep enough: then the same names, leaves and
 * brackets in another order.
 */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return leavesOf(value).join(',')
  }
}

function leavesOf(value: unknown): string[] {
  const leaves: string[] = []
  const waiting = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (Array.isArray(next)) {
      leaves.push('[]')
      for (const item of next) waiting.push(item)
    } else if (isObject(next)) {
      leaves.push('{}')
      for (const [name, item] of Object.entries(next)) waiting.push(item, name)
    } else leaves.push(JSON.stringify(next) ?? '')
  }
  return leaves
}
