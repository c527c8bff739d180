import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseIdempotencyKey } from '../src/http/idempotency-key.ts'
import { countsOf } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describe('an Idempotency-Key header', () => {
  it.each([
    ['abc', 'abc'],
    ['"abc"', 'abc'],
    ['  abc  ', 'abc'],
    ['"a\\"b"', 'a"b'],
    ['"a\\\\b"', 'a\\b'],
    ['a"b', 'a"b'],
    ["it's;fine=1", "it's;fine=1"],
    ['!', '!'],
    ['~', '~'],
    ['k'.repeat(255), 'k'.repeat(255)],
    [`"${'k'.repeat(255)}"`, 'k'.repeat(255)],
    [`"${'\\"'.repeat(255)}"`, '"'.repeat(255)],
  ])('%s names the key %s', (header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key)
  })

  it('may be left out', () => {
    expect(parseIdempotencyKey(undefined)).toBeNull()
  })

  it.each([
    '',
    ' ',
    '""',
    '"',
    '"abc',
    '"a"b"',
    '"a\\b"',
    '"abc";p=1',
    'a b',
    '"a b"',
    'a\tb',
    'ä',
    '\u007f',
    '\u00a0',
    'k'.repeat(256),
    `"${'k'.repeat(256)}"`,
  ])('%j names no key', (header) => {
    expect(() => parseIdempotencyKey(header)).toThrow(
      expect.objectContaining({ code: 'idempotency_key_invalid' }),
    )
  })
})

describeOnBothEngines('a retry with an Idempotency-Key', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  it('is recognised in either spelling', async () => {
    const token = await server.signUp()
    for (const header of ['"a\\"b"', 'a"b', '"a\\"b"']) {
      const answer = await server.track(token, { usage: 1 }, { 'idempotency-key': header })
      expect(answer.json()).toMatchObject({ currentPromptCount: 1 })
    }
    expect(await countsOf(server, token)).toEqual({ prompts: 1, tokens: 0 })
  })

  it("is nothing to another user's event of the same key", async () => {
    const [one, other] = [await server.signUp(), await server.signUp()]
    const headers = { 'idempotency-key': 'shared' }
    await server.track(one, { usage: 1 }, headers)
    const answer = await server.track(other, { usage: 2 }, headers)
    expect(answer.headers['idempotent-replayed']).toBeUndefined()
    expect(answer.json()).toMatchObject({ currentPromptCount: 2 })
  })

  it('compares bodies after validation: spelling and unknown fields do not matter', async () => {
    const token = await server.signUp()
    const headers = { 'idempotency-key': 'spelled' }
    await server.track(
      token,
      '{"usage":10,"tokenCount":0,"occurredAt":null}'.replace(',"occurredAt":null', ''),
      headers,
    )
    for (const body of ['{"usage":1e1}', '{"tokenCount":-0,"usage":10.0}', '{"usage":10,"note":"new"}']) {
      const answer = await server.track(token, body, headers)
      expect(answer.headers['idempotent-replayed'], body).toBe('true')
      expect(answer.json()).toMatchObject({ currentPromptCount: 10 })
    }
  })

  it.each([
    ['usage', { usage: 2, tokenCount: 3, model: 'm', source: 's' }],
    ['tokenCount', { usage: 1, tokenCount: 4, model: 'm', source: 's' }],
    ['model', { usage: 1, tokenCount: 3, model: 'n', source: 's' }],
    ['no model', { usage: 1, tokenCount: 3, source: 's' }],
    ['source', { usage: 1, tokenCount: 3, model: 'm', source: 't' }],
    [
      'occurredAt',
      { usage: 1, tokenCount: 3, model: 'm', source: 's', occurredAt: new Date().toISOString() },
    ],
  ])('is refused with another body: %s', async (_, body) => {
    const token = await server.signUp()
    const headers = { 'idempotency-key': 'reused' }
    await server.track(token, { usage: 1, tokenCount: 3, model: 'm', source: 's' }, headers)
    const answer = await server.track(token, body, headers)
    expect(answer.statusCode).toBe(422)
    expect(answer.json()).toMatchObject({ code: 'idempotency_key_reused' })
    expect(await countsOf(server, token)).toEqual({ prompts: 1, tokens: 3 })
  })

  it('that fails counts nothing and leaves the key free', async () => {
    const token = await server.signUp()
    const headers = { 'idempotency-key': 'second-try' }
    expect((await server.track(token, { usage: -1 }, headers)).statusCode).toBe(400)
    expect((await server.track(token, { usage: 4 }, headers)).json()).toMatchObject({ currentPromptCount: 4 })
  })

  it.each(['', '   ', 'a b', 'k'.repeat(256)])(
    'is refused with the key %j and counts nothing',
    async (key) => {
      const token = await server.signUp()
      const answer = await server.track(token, { usage: 1 }, { 'idempotency-key': key })
      expect(answer.statusCode).toBe(400)
      expect(answer.json()).toMatchObject({ code: 'idempotency_key_invalid' })
      expect(await countsOf(server, token)).toEqual({ prompts: 0, tokens: 0 })
    },
  )
})
