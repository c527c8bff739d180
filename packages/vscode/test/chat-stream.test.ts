import { PromptmeterError } from '@promptmeter/client'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chunk, DONE, usageChunk, word } from '../../server/test/support/scripted-upstream.ts'
import { type AnswerPart, readChatStream } from '../src/models/chat-stream.ts'
import { bodyOf, collect } from './support/collect.ts'

const STOP = chunk({ delta: {}, finish_reason: 'stop' })
const data = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const toolDelta = (...calls: object[]) => chunk({ delta: { tool_calls: calls } })

const read = (...pieces: (string | Uint8Array)[]) => collect(readChatStream(bodyOf(pieces)))
const textIn = (parts: AnswerPart[]) => parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')

const failureOf = (...pieces: string[]) =>
  read(...pieces).then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )

const WHOLE = [
  chunk({ delta: { role: 'assistant', content: '' } }),
  word('Grüße, 世界'),
  ': a comment\r\n\r\n',
  word(' 👋🏽\n'),
  toolDelta({ index: 0, id: 'call-1', function: { name: 'look', arguments: '{"where":"Zü' } }),
  toolDelta({ index: 0, function: { arguments: 'rich"}' } }),
  chunk({ delta: {}, finish_reason: 'tool_calls' }),
  usageChunk(),
  DONE,
].join('')

describe('an answer', () => {
  it('comes in the pieces that the model gave it', async () => {
    expect(await read(word('Hello'), word(' there') + word('!'), STOP, DONE)).toEqual([
      { kind: 'text', text: 'Hello' },
      { kind: 'text', text: ' there' },
      { kind: 'text', text: '!' },
    ])
  })

  it('comes before it has ended', async () => {
    const parts = readChatStream(
      new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode(word('now'))) }),
    )
    expect(await parts.next()).toEqual({ done: false, value: { kind: 'text', text: 'now' } })
    await parts.return(undefined)
  })

  it('is the same wherever the network cuts it, inside a letter as well', async () => {
    const bytes = new TextEncoder().encode(WHOLE)
    const whole = await read(bytes)
    expect(textIn(whole)).toBe('Grüße, 世界 👋🏽\n')
    expect(whole.at(-1)).toEqual({
      kind: 'tool-call',
      id: 'call-1',
      name: 'look',
      input: { where: 'Zürich' },
    })
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(await read(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(whole)
    }
  })

  it('is the same in pieces of any size', async () => {
    const bytes = new TextEncoder().encode(WHOLE)
    const whole = await read(bytes)
    const property = fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 30 }), async (cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), bytes.length]
      const pieces = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
      expect(await read(...pieces)).toEqual(whole)
    })
    await fc.assert(property)
  })

  it('that the model refuses to give is its refusal', async () => {
    expect(await read(chunk({ delta: { refusal: 'I would rather not.' } }), STOP, DONE)).toEqual([
      { kind: 'text', text: 'I would rather not.' },
    ])
  })

  it('of several is the first', async () => {
    const second = chunk({ index: 1, delta: { content: 'other' } })
    expect(await read(word('one'), second, STOP, DONE)).toEqual([{ kind: 'text', text: 'one' }])
  })

  it('says nothing where the model says nothing', async () => {
    expect(await read(STOP, DONE)).toEqual([])
  })

  it('whose end is said needs no [DONE], and one with [DONE] no reason', async () => {
    expect(textIn(await read(word('a'), STOP))).toBe('a')
    expect(textIn(await read(word('a'), DONE))).toBe('a')
  })

  it('is over at [DONE]', async () => {
    expect(textIn(await read(word('a'), DONE, word('b')))).toBe('a')
  })

  it('with "error": null is none that failed', async () => {
    expect(textIn(await read(chunk({ delta: { content: 'a' } }, { error: null }), STOP))).toBe('a')
  })
})

describe('calls of tools', () => {
  it('in parallel are told apart by their index, whole and in order', async () => {
    const parts = await read(
      toolDelta({ index: 0, id: 'a', function: { name: 'look', arguments: '' } }),
      toolDelta({ index: 1, id: 'b', function: { name: 'go', arguments: '{"to"' } }),
      toolDelta(
        { index: 0, function: { arguments: '{"at":1}' } },
        { index: 1, id: '', function: { arguments: ':"x"}' } },
      ),
      chunk({ delta: {}, finish_reason: 'tool_calls' }),
      DONE,
    )
    expect(parts).toEqual([
      { kind: 'tool-call', id: 'a', name: 'look', input: { at: 1 } },
      { kind: 'tool-call', id: 'b', name: 'go', input: { to: 'x' } },
    ])
  })

  it('without input have an empty one', async () => {
    expect(await read(toolDelta({ index: 0, id: 'a', function: { name: 'look' } }), STOP)).toEqual([
      { kind: 'tool-call', id: 'a', name: 'look', input: {} },
    ])
  })

  it.each(['{"at":', 'null', '1', '"x"', '[]'])('with %s as input are an error', async (input) => {
    const error = await failureOf(
      toolDelta({ index: 0, id: 'a', function: { name: 'look', arguments: input } }),
      STOP,
    )
    expect(error).toMatchObject({
      code: 'upstream_invalid_response',
      message: expect.stringContaining('look'),
    })
  })
})

describe('an answer that is none', () => {
  it('breaks off without an end', async () => {
    const error = await failureOf(word('Hello'))
    expect(error).toBeInstanceOf(PromptmeterError)
    expect(error).toMatchObject({ code: 'upstream_invalid_response' })
  })

  it('is empty', async () => {
    expect(await failureOf()).toMatchObject({ code: 'upstream_invalid_response' })
  })

  it.each(['data: no JSON\n\n', 'data: null\n\n', 'data: []\n\n'])('holds %j', async (event) => {
    expect(await failureOf(event)).toMatchObject({ code: 'upstream_invalid_response' })
  })

  it('tells of an error in its middle, in the words of the gateway where they are', async () => {
    const told = { error: { code: 'upstream_timeout', message: 'The AI provider fell silent.' } }
    expect(await failureOf(word('Hel'), data(told))).toMatchObject({
      code: 'upstream_timeout',
      message: 'The AI provider fell silent.',
    })
    expect(await failureOf(word('Hel'), data({ error: 'overloaded' }))).toMatchObject({
      code: 'upstream_invalid_response',
    })
  })

  it('gives the connection up', async () => {
    for (const pieces of [[DONE], ['data: no JSON\n\n']]) {
      let cancelled = false
      const body = new ReadableStream<Uint8Array>({
        start: (stream) => stream.enqueue(new TextEncoder().encode(pieces[0])),
        cancel: () => {
          cancelled = true
        },
      })
      await collect(readChatStream(body)).catch(() => {})
      expect(cancelled).toBe(true)
    }
  })
})
