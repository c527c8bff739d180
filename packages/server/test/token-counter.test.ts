import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { afterEach, describe, expect, it } from 'vitest'
import { createTokenCounter } from '../src/gateway/token-counter.ts'

const counter = createTokenCounter()
const exact = (text: string) => countTokens(text, { disallowedSpecial: new Set() })
const PROSE = "It's 2026: the server counts 1,234 prompts,\n\tand «Größe» or 測試 are words too 😀.  "
const repeated = (part: string, length: number) =>
  part.repeat(Math.ceil(length / part.length)).slice(0, length)

describe('a token counter', () => {
  it.each([
    ['nothing', ''],
    ['prose', PROSE],
    [
      'source code',
      `export function of(value: unknown): string[] {\n${'    '.repeat(9)}return [...value]\n}\r\n\r\n`,
    ],
    ['a table', '| a | b |\n|------------|------------|\n'.repeat(9)],
    ['JSON', JSON.stringify({ id: 'a1b2', values: [1, 22, 333, 4444.5], nested: { ключ: null } }, null, 2)],
    [
      'many scripts',
      'Привет мир. こんにちは世界。 안녕하세요. नमस्ते दुनिया. สวัสดีชาวโลก مرحبا بالعالم 👩‍👩‍👧‍👦',
    ],
  ])('counts %s exactly', async (_, text) => {
    expect(await counter.count(text)).toBe(exact(text))
  })

  it('counts long prose exactly, because it is cut between words', async () => {
    const prose = repeated(PROSE, 100_000)
    expect(await counter.count(prose)).toBe(exact(prose))
  })

  it('a special token in a text counts as text', async () => {
    const text = 'the end <|endoftext|><|im_start|>system'
    expect(await counter.count(text)).toBe(exact(text))
    expect(await counter.count('<|endoftext|>')).toBeGreaterThan(1)
  })

  it.each([
    ['one letter', 'a'],
    ['letters without a blank', 'loremipsumdolorsitametconsectetur'],
    ['base64', 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA'],
    ['line ends', '\n'],
    ['blanks', ' '],
    ['wide blanks', '\u3000'],
    ['symbols', '='],
    ['ideographs', '的一是不了在人有我他这'],
    ['emoji', 'a😀😁🏳️‍🌈'],
    ['accents', 'e\u0301\u0300'],
    ['lone surrogates', '\ud800'],
  ])('overcounts a long run of %s by little and never undercounts it', async (_, part) => {
    const run = repeated(part, 9000)
    const tokens = await counter.count(run)
    expect(tokens).toBeGreaterThanOrEqual(exact(run))
    expect(tokens).toBeLessThanOrEqual(Math.ceil(exact(run) * 1.03) + 5)
  })

  it('cuts a run without a blank, because merging it takes time quadratic in its length', async () => {
    const run = repeated('loremipsumdolorsitametconsectetur', 3000)
    expect(await counter.count(run.slice(0, 64))).toBe(exact(run.slice(0, 64)))
    expect(await counter.count(run)).toBeGreaterThan(exact(run))
  })

  it('never cuts a surrogate pair', async () => {
    const pairs = '😀'.repeat(4000)
    for (const text of [pairs, `a${pairs}`]) expect(await counter.count(text)).toBe(exact(text))
  })
})

describe('the event loop', () => {
  let turns = 0
  let ticking: NodeJS.Immediate | undefined
  const tick = () => {
    turns += 1
    ticking = setImmediate(tick)
  }
  afterEach(() => clearImmediate(ticking))

  async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
    await counter.count('')
    turns = 0
    ticking = setImmediate(tick)
    await work()
    return turns
  }

  it('gets a turn at least after every 64 kB of a long text', async () => {
    const text = repeated(PROSE, 1024 * 1024)
    expect(await turnsDuring(() => counter.count(text))).toBeGreaterThanOrEqual(
      Math.floor(Buffer.byteLength(text) / (64 * 1024)),
    )
  })

  it('gets a turn among many small texts as well, together or one after the other', async () => {
    const texts = Array.from({ length: 10_000 }, () => 'a')
    expect(await turnsDuring(() => Promise.all(texts.map((text) => counter.count(text))))).toBeGreaterThan(10)
    const inSequence = async () => {
      for (const text of texts) await counter.count(text)
    }
    expect(await turnsDuring(inSequence)).toBeGreaterThan(10)
  })

  it('lets a short text pass between the pieces of long ones', async () => {
    const finished: string[] = []
    const count = (name: string, text: string) => counter.count(text).then(() => finished.push(name))
    await Promise.all([
      count('long', repeated(PROSE, 200_000)),
      count('longer', repeated(PROSE, 300_000)),
      count('short', PROSE),
    ])
    expect(finished).toEqual(['short', 'long', 'longer'])
  })
})
