const LF = 0x0a
const CR = 0x0d

/**
 * Cuts a stream of Server-Sent Events into its events, byte for byte: what `push` returned and then `flush`, one after
 * the other, is the stream. An event ends with its blank line, so a further blank line is an event without fields.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventSplitter {
  /** The beginning of the event that is not complete, as it came: joined once, so that growing costs no copies. */
  #pending: Buffer[] = []
  #pendingBytes = 0
  /**
   * Where the bytes so far stop. After a CR, the next byte may be the other half of the line's end; `blank line's CR`
   * completes an event with or without it.
   */
  #stoppedAt: 'line start' | 'in a line' | "line's CR" | "blank line's CR" = 'line start'

  /** Bytes of the event that is not complete yet. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /**
   * The events that this chunk completes. They are views of it where they lie in it whole: do not write to it again.
   * Nothing complete is held back, save an event whose last byte is a CR: only the next byte tells where it ends.
   */
  push(chunk: Buffer): Buffer[] {
    if (chunk.length === 0) return []
    const events: Buffer[] = []
    let eventStart = 0
    // A line that began in an earlier chunk starts before this one.
    let lineStart = this.#stoppedAt === 'in a line' ? -1 : 0
    if (this.#stoppedAt.endsWith('CR') && chunk[0] === LF) lineStart = 1
    if (this.#stoppedAt === "blank line's CR") {
      events.push(this.#take(chunk.subarray(0, lineStart)))
      eventStart = lineStart
    }
    this.#stoppedAt = 'line start'
    let lf = find(chunk, LF, Math.max(lineStart, 0))
    let cr = find(chunk, CR, Math.max(lineStart, 0))
    while (lf < chunk.length || cr < chunk.length) {
      const lineEnd = Math.min(lf, cr)
      const blank = lineEnd === lineStart
      lineStart = lineEnd + 1
      if (lineEnd === cr && lineStart === chunk.length) {
        this.#stoppedAt = blank ? "blank line's CR" : "line's CR"
        break
      }
      if (lineEnd === cr && lf === lineStart) lineStart++
      if (blank) {
        events.push(this.#take(chunk.subarray(eventStart, lineStart)))
        eventStart = lineStart
      }
      if (lf < lineStart) lf = find(chunk, LF, lineStart)
      if (cr < lineStart) cr = find(chunk, CR, lineStart)
    }
    if (lineStart < chunk.length) this.#stoppedAt = 'in a line'
    if (eventStart < chunk.length) {
      this.#pending.push(chunk.subarray(eventStart))
      this.#pendingBytes += chunk.length - eventStart
    }
    return events
  }

  /** The rest at the end of the stream: empty, an event that was cut off, or one that ends with a CR. */
  flush(): Buffer {
    this.#stoppedAt = 'line start'
    return this.#take(Buffer.alloc(0))
  }

  #take(last: Buffer): Buffer {
    if (this.#pending.length === 0) return last
    const event = Buffer.concat([...this.#pending, last])
    this.#pending = []
    this.#pendingBytes = 0
    return event
  }
}

/** The chunk's length where there is none, so that the nearer of two is the smaller. */
function find(chunk: Buffer, byte: number, from: number): number {
  const at = chunk.indexOf(byte, from)
  return at === -1 ? chunk.length : at
}

/** The `data` of one event, its lines joined by a line feed; null when it has none, as a comment that keeps alive. */
export function eventData(event: Buffer): string | null {
  const text = textOf(event)
  // Nearly every event is `data: {…}` and a blank line.
  if (text.startsWith('data: ') && text.indexOf('\n') === text.length - 2 && !text.includes('\r')) {
    return text.slice('data: '.length, -2)
  }
  const lines = fieldValues(text, 'data')
  return lines.length === 0 ? null : lines.join('\n')
}

/** The `event` field of one event; null when it has none or an empty one, which both mean `message`. */
export function eventType(event: Buffer): string | null {
  return fieldValues(textOf(event), 'event').at(-1) || null
}

/** A stream may begin with a byte order mark, which is no part of the first field's name. */
function textOf(event: Buffer): string {
  const text = event.toString()
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

/** A line without a colon is a field with an empty value; a comment is one without a name. */
function fieldValues(text: string, name: string): string[] {
  const values: string[] = []
  for (const line of text.split(text.includes('\r') ? /\r\n|[\r\n]/ : '\n')) {
    if (line === name) values.push('')
    if (!line.startsWith(`${name}:`)) continue
    const value = line.slice(name.length + 1)
    values.push(value.startsWith(' ') ? value.slice(1) : value)
  }
  return values
}
