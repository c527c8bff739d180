/** One member of a JSON object: its key, decoded, and the bytes of its value, `[valueStart, valueEnd)`. */
export interface JsonMember {
  readonly key: string
  readonly valueStart: number
  readonly valueEnd: number
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

const QUOTE = 0x22
const COMMA = 0x2c
const OPENING_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSING_BRACKET = 0x5d
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
const SPACE = 0x20

/** Starting a native search costs as much as looking at about this many bytes by hand. */
const SHORT_STRING_BYTES = 64

/**
 * The members of the JSON object that begins at `start` (the first byte that is not blank), in their order, keys that
 * occur twice among them. The bytes must be JSON that `JSON.parse` has accepted: nothing is validated again.
 *
 * Keys are right even where those of `JSON.parse` are not: after `{"a":1,"mode\\":1}`, V8 reads the second key of
 * `{"a":1,"mode\u006c":1}` as `mode\` (nodejs/node#63785). What decides or is charged must be read from here.
 * @throws TypeError when no object begins there
 */
export function jsonMembers(bytes: Buffer, start = skipBlanks(bytes, 0)): JsonMember[] {
  if (bytes[start] !== OPENING_BRACE) throw new TypeError(`No JSON object begins at byte ${start}.`)
  const members: JsonMember[] = []
  let at = skipBlanks(bytes, start + 1)
  while (bytes[at] === QUOTE) {
    const keyEnd = skipString(bytes, at)
    const key: string = JSON.parse(bytes.toString('utf8', at, keyEnd))
    const valueStart = skipBlanks(bytes, skipBlanks(bytes, keyEnd) + 1)
    const valueEnd = skipValue(bytes, valueStart)
    members.push({ key, valueStart, valueEnd })
    at = skipBlanks(bytes, valueEnd)
    if (bytes[at] === COMMA) at = skipBlanks(bytes, at + 1)
  }
  return members
}

/**
 * A copy of a JSON object with these members set, to JSON values, and every other byte as it was. An object is merged
 * into an object that is there, member by member; any other value replaces the bytes of the one that is there. What is
 * missing is inserted behind the opening brace. `undefined` sets nothing; a key that occurs twice is set twice.
 * @throws TypeError when the bytes are no object
 */
export function setJsonMembers(bytes: Buffer, values: Readonly<Record<string, unknown>>): Buffer {
  const parts: Buffer[] = []
  let copied = 0
  for (const { start, end, text } of editsOf(bytes, skipBlanks(bytes, 0), values)) {
    parts.push(bytes.subarray(copied, start), Buffer.from(text))
    copied = end
  }
  parts.push(bytes.subarray(copied))
  return Buffer.concat(parts)
}

/**
 * The first key that one decoder may take for a member of `names` and another may not, or null: one that occurs for the
 * second time (some decoders keep the first value, some the last), or that equals a name only when case is ignored
 * (Go's encoding/json matches like that).
 */
export function findAmbiguousMember(
  members: readonly JsonMember[],
  names: ReadonlySet<string>,
): string | null {
  const foldedNames = foldedOf(names)
  const seen = new Set<string>()
  for (const { key } of members) {
    if (names.has(key) ? seen.has(key) : foldedNames.has(foldCase(key))) return key
    if (names.has(key)) seen.add(key)
  }
  return null
}

/** Each set of names is folded once: this is asked of every request. */
const folded = new WeakMap<ReadonlySet<string>, ReadonlySet<string>>()

function foldedOf(names: ReadonlySet<string>): ReadonlySet<string> {
  const known = folded.get(names) ?? new Set([...names].map(foldCase))
  folded.set(names, known)
  return known
}

/**
 * Up and then down brings together all that any decoder's case folding does: 'ſ' has only an upper case, the Kelvin
 * sign only a lower one. 'İ' becomes an i with a dot above (U+0307), which Java drops.
 */
function foldCase(key: string): string {
  return key.toUpperCase().toLowerCase().replaceAll('\u0307', '')
}

/** In the order of the bytes. The recursion goes as deep as `values`, which is ours, never as deep as the bytes. */
function* editsOf(bytes: Buffer, start: number, values: Readonly<Record<string, unknown>>): Generator<Edit> {
  const members = jsonMembers(bytes, start)
  const wanted = new Map(Object.entries(values).filter(([, value]) => value !== undefined))
  const missing = new Map(wanted)
  for (const { key } of members) missing.delete(key)
  if (missing.size > 0) {
    const inserted = [...missing].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
    const text = inserted.join() + (members.length > 0 ? ',' : '')
    yield { start: start + 1, end: start + 1, text }
  }
  for (const { key, valueStart, valueEnd } of members) {
    if (!wanted.has(key)) continue
    const value = wanted.get(key)
    if (isObject(value) && bytes[valueStart] === OPENING_BRACE) yield* editsOf(bytes, valueStart, value)
    else yield { start: valueStart, end: valueEnd, text: JSON.stringify(value) }
  }
}

/**
 * True when JSON has more values than `most`, which is found out without making any of them: a body of millions of empty
 * objects takes the parser seconds and hundreds of megabytes.
 */
export function hasMoreValues(bytes: Buffer, most: number): boolean {
  let values = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) at = skipString(bytes, at) - 1
    else if (byte === COMMA || byte === OPENING_BRACE || byte === OPENING_BRACKET) {
      if (++values > most) return true
    }
  }
  return false
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function skipBlanks(bytes: Buffer, at: number): number {
  while ((bytes[at] as number) <= SPACE) at++
  return at
}

/** Counts the depth instead of descending, so that no nesting can overflow the stack. */
function skipValue(bytes: Buffer, start: number): number {
  if (bytes[start] === QUOTE) return skipString(bytes, start)
  if (bytes[start] !== OPENING_BRACE && bytes[start] !== OPENING_BRACKET) return skipLiteral(bytes, start)
  let depth = 0
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] as number
    // Digits, commas, colons and blanks are all smaller than a bracket.
    if (byte < OPENING_BRACKET) {
      if (byte === QUOTE) at = skipString(bytes, at) - 1
    } else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) depth++
    else if ((byte === CLOSING_BRACE || byte === CLOSING_BRACKET) && --depth === 0) return at + 1
  }
  return bytes.length
}

/** Past a number, `true`, `false` or `null`. */
function skipLiteral(bytes: Buffer, at: number): number {
  for (; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte <= SPACE || byte === COMMA || byte === CLOSING_BRACE) break
  }
  return at
}

/** From the opening quote past the closing one: by hand while that may be near, then by a native search. */
function skipString(bytes: Buffer, openingQuote: number): number {
  let at = openingQuote + 1
  while (at < bytes.length) {
    for (const nearEnd = at + SHORT_STRING_BYTES; at < nearEnd; at++) {
      if (bytes[at] === QUOTE) return at + 1
      if (bytes[at] === BACKSLASH) at++
    }
    const quote = bytes.indexOf(QUOTE, at)
    if (quote === -1) break
    // Backslashes escape each other in pairs; one left over escapes the quote.
    let backslashes = 0
    while (bytes[quote - backslashes - 1] === BACKSLASH) backslashes++
    at = quote + 1
    if (backslashes % 2 === 0) return at
  }
  return bytes.length
}
