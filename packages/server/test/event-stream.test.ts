import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventSplitter, eventData, eventType } from '../src/gateway/event-stream.ts'

const textOf = (bytes: Buffer) => bytes.toString('latin1')

/** Every event that came out, and the rest. */
function split(chunks: readonly Buffer[]): { events: string[]; rest: string } {
  const splitter = new EventSplitter()
  const events = chunks.flatMap((chunk) => splitter.push(chunk)).map(textOf)
  return { events, rest: textOf(splitter.flush()) }
}

/** Slow and plain: whole lines with their ends, and a blank one ends an event. */
function eventsByTheBook(stream: string): string[] {
  const events = ['']
  for (const line of stream.match(/[^\r\n]*(\r\n|\r|\n)|[^\r\n]+$/g) ?? []) {
    events.push(events.pop() + line)
    if (/^[\r\n]/.test(line)) events.push('')
  }
  return events.filter((event) => event !== '')
}

/** The fields of one event as the standard's steps say, a character at a time. */
function fieldsByTheBook(event: string): { type: string; data: string | null } {
  let type = ''
  let data = ''
  const chars = [
    ...event
      .replace(/^\ufeff/, '')
      .replaceAll('\r\n', '\n')
      .replaceAll('\r', '\n'),
  ]
  for (const line of chars.join('').split('\n')) {
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const field = colon === -1 ? line : line.substring(0, colon)
    let value = colon === -1 ? '' : line.substring(colon + 1)
    if (value[0] === ' ') value = value.substring(1)
    if (field === 'event') type = value
    if (field === 'data') data += `${value}\n`
  }
  return { type, data: data === '' ? null : data.slice(0, -1) }
}

const piece = fc.constantFrom(
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  '\r\n\r\n',
  'data',
  'event',
  'datum',
  ':',
  ' ',
  '{"a":1}',
  'é',
  '\ufeff',
)
const line = fc.constantFrom(
  'data: {"a":1}',
  'data:b',
  'data',
  'data:  c',
  ': alive',
  'event: done',
  'event:',
  'id: 7',
  'dat',
)
const lineEnd = fc.constantFrom('\n', '\n', '\r\n', '\r')
const stream = fc.oneof(
  fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
  fc
    .array(fc.tuple(fc.oneof(line, fc.constant('')), lineEnd), { maxLength: 30 })
    .map((lines) => lines.flat().join('')),
)
/** A stream in chunks, some of them empty. */
const cutStream = fc
  .tuple(stream, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }))
  .map(([text, cuts]) => {
    const whole = Buffer.from(text)
    const at = [0, ...cuts.map((cut) => Math.round(cut * whole.length)), whole.length].sort((a, b) => a - b)
    return { whole, chunks: at.slice(1).map((end, index) => whole.subarray(at[index], end)) }
  })

describe('cutting a stream into events', () => {
  it('gives the same events however the stream is cut into chunks', () => {
    fc.assert(
      fc.property(cutStream, ({ whole, chunks }) => {
        expect(split(chunks)).toEqual(split([whole]))
        expect(split([...whole].map((byte) => Buffer.of(byte)))).toEqual(split([whole]))
      }),
      { numRuns: 2000 },
    )
  })

  it('gives the events of the standard, and loses and changes no byte', () => {
    fc.assert(
      fc.property(cutStream, ({ whole, chunks }) => {
        const { events, rest } = split(chunks)
        expect([...events, rest].join('')).toBe(textOf(whole))
        expect([...events, ...(rest === '' ? [] : [rest])]).toEqual(eventsByTheBook(textOf(whole)))
      }),
      { numRuns: 2000 },
    )
  })

  it.each(['data: x\n\n', 'data: x\r\n\r\n', 'data: x\r\n\n', 'data: x\r\r\n', '\n', ': alive\n\n'])(
    'an event ending %j is returned by the push that brings its last byte',
    (event) => {
      const splitter = new EventSplitter()
      for (const byte of Buffer.from(event.slice(0, -1))) expect(splitter.push(Buffer.of(byte))).toEqual([])
      expect(splitter.push(Buffer.from(event.slice(-1))).map(textOf)).toEqual([event])
      expect(splitter.pendingBytes).toBe(0)
    },
  )

  it('holds an event back that ends with a CR until the next byte tells whether it ends with CR LF', () => {
    expect(split([Buffer.from('a\r\r'), Buffer.from('b\n\n')])).toEqual({
      events: ['a\r\r', 'b\n\n'],
      rest: '',
    })
    expect(split([Buffer.from('a\r\n\r'), Buffer.from('\nb\n\n')])).toEqual({
      events: ['a\r\n\r\n', 'b\n\n'],
      rest: '',
    })
    expect(split([Buffer.from('a\r\r')])).toEqual({ events: [], rest: 'a\r\r' })
  })

  it('a held CR does not hold back what an empty chunk follows', () => {
    expect(split([Buffer.from('a\r\n\r'), Buffer.alloc(0), Buffer.from('\n')]).events).toEqual(['a\r\n\r\n'])
  })

  it('events that lie whole in a chunk are views of it, not copies', () => {
    const chunk = Buffer.from('data: 1\n\ndata: 2\r\n\r\ndata: 3')
    const events = new EventSplitter().push(chunk)
    expect(
      events.map(({ buffer, byteOffset }) => [buffer === chunk.buffer, byteOffset - chunk.byteOffset]),
    ).toEqual([
      [true, 0],
      [true, 9],
    ])
  })

  it('tells how many bytes wait for the end of their event', () => {
    const splitter = new EventSplitter()
    splitter.push(Buffer.from('data: 1\n\ndata'))
    splitter.push(Buffer.from(': 2'))
    expect(splitter.pendingBytes).toBe(7)
    expect(textOf(splitter.flush())).toBe('data: 2')
    expect(splitter.pendingBytes).toBe(0)
  })

  it('begins anew after a flush', () => {
    const splitter = new EventSplitter()
    for (const cutOff of ['a', 'a\r\n\r']) {
      splitter.push(Buffer.from(cutOff))
      splitter.flush()
      expect(splitter.push(Buffer.from('\n')).map(textOf)).toEqual(['\n'])
    }
  })
})

describe('the fields of an event', () => {
  it('are those the standard reads', () => {
    fc.assert(
      fc.property(stream, (text) => {
        for (const event of eventsByTheBook(text)) {
          const { type, data } = fieldsByTheBook(event)
          expect(eventData(Buffer.from(event))).toBe(data)
          expect(eventType(Buffer.from(event))).toBe(type === '' ? null : type)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['data: {"a":1}\n\n', '{"a":1}'],
    ['data: {"a":1}\r\n\r\n', '{"a":1}'],
    ['data: a\rdata: b\r\r', 'a\nb'],
    ['data:a\ndata:  b\n\n', 'a\n b'],
    ['data: [DONE]\n\n', '[DONE]'],
    ['event: x\ndata: {}\nid: 1\n\n', '{}'],
    ['\ufeffdata: a\n\n', 'a'],
    [': ping\ndata\n\n', ''],
    [': data: a\n\n', null],
    [' data: a\n\n', null],
    ['database: a\n\n', null],
    ['\n', null],
  ])('the data of %j is %j', (event, data) => {
    expect(eventData(Buffer.from(event))).toBe(data)
  })

  it.each([
    ['event: response.completed\ndata: {}\n\n', 'response.completed'],
    ['data: {}\nevent:a\nevent:b\n\n', 'b'],
    ['\ufeffevent: a\r\ndata: {}\r\n\r\n', 'a'],
    ['event: a\nevent\n\n', null],
    ['data: event: a\n\n', null],
  ])('the type of %j is %j', (event, type) => {
    expect(eventType(Buffer.from(event))).toBe(type)
  })
})
