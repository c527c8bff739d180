import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bearer, countsOf, postSignUp } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const MAX = Number.MAX_SAFE_INTEGER
const DAY_MS = 24 * 60 * 60 * 1000
const fromNow = (ms: number) => new Date(Date.now() + ms).toISOString()

/** Bodies of `/trackUsage` and the code each is refused with; those that are text are sent as they are. */
const BAD_BODIES: [string, string | Buffer | object, string][] = [
  ['an empty body', '', 'invalid_usage'],
  ['null', 'null', 'invalid_usage'],
  ['a number', '1', 'invalid_usage'],
  ['text', '"usage"', 'invalid_usage'],
  ['a list', '[{"usage":1}]', 'invalid_usage'],
  ['broken JSON', '{"usage":1', 'invalid_json'],
  ['two bodies', '{"usage":1}{"usage":1}', 'invalid_json'],
  ['a trailing comma', '{"usage":1,}', 'invalid_json'],
  ['single quotes', "{'usage':1}", 'invalid_json'],
  ['a form', 'usage=1', 'invalid_json'],
  ['a leading zero', '{"usage":01}', 'invalid_json'],
  ['a hexadecimal number', '{"usage":0x10}', 'invalid_json'],
  ['NaN', '{"usage":NaN}', 'invalid_json'],
  ['Infinity', '{"usage":Infinity}', 'invalid_json'],
  ['1e400', '{"usage":1e400}', 'invalid_usage'],
  ['-1e400', '{"tokenCount":-1e400}', 'invalid_usage'],
  ['a negative count', { usage: -1 }, 'invalid_usage'],
  ['negative tokens', { usage: 1, tokenCount: -1 }, 'invalid_usage'],
  ['a fraction', { usage: 1.5 }, 'invalid_usage'],
  ['a tiny fraction', '{"tokenCount":1e-9}', 'invalid_usage'],
  ['2^53', '{"usage":9007199254740992}', 'invalid_usage'],
  ['2^53 + 1', '{"tokenCount":9007199254740993}', 'invalid_usage'],
  ['2^63', '{"tokenCount":9223372036854775808}', 'invalid_usage'],
  ['1e308', '{"usage":1e308}', 'invalid_usage'],
  ['a count as text', { usage: '1' }, 'invalid_usage'],
  ['a count as a list', { usage: [1] }, 'invalid_usage'],
  ['a count as an object', { usage: { valueOf: 1 } }, 'invalid_usage'],
  ['a count as null', { usage: null }, 'invalid_usage'],
  ['a count as true', { tokenCount: true }, 'invalid_usage'],
  ['NUL in the model', { usage: 1, model: 'gpt\u0000' }, 'invalid_usage'],
  ['a line break in the model', { usage: 1, model: 'gpt\n5' }, 'invalid_usage'],
  ['DEL in the source', { usage: 1, source: 'a\u007f' }, 'invalid_usage'],
  ['a C1 control in the source', { usage: 1, source: 'a\u0085' }, 'invalid_usage'],
  ['half a surrogate pair in the model', '{"usage":1,"model":"\\ud800"}', 'invalid_usage'],
  ['the other half in the source', '{"usage":1,"source":"a\\udfff"}', 'invalid_usage'],
  ['an empty model', { usage: 1, model: '' }, 'invalid_usage'],
  ['a model of 129 characters', { usage: 1, model: 'm'.repeat(129) }, 'invalid_usage'],
  ['a source of 129 characters', { usage: 1, source: 's'.repeat(129) }, 'invalid_usage'],
  ['a model that is no text', { usage: 1, model: 5 }, 'invalid_usage'],
  ['a model that is a list', { usage: 1, model: ['gpt'] }, 'invalid_usage'],
  ['a source that is null', { usage: 1, source: null }, 'invalid_usage'],
  ['a time that is a number', { usage: 1, occurredAt: Date.now() }, 'invalid_usage'],
  ['a time that is a word', { usage: 1, occurredAt: 'yesterday' }, 'invalid_usage'],
  ['a time without an offset', { usage: 1, occurredAt: fromNow(0).slice(0, -1) }, 'invalid_usage'],
  ['a date alone', { usage: 1, occurredAt: fromNow(0).slice(0, 10) }, 'invalid_usage'],
  ['30 February', { usage: 1, occurredAt: '2026-02-30T00:00:00Z' }, 'invalid_usage'],
  ['hour 24', { usage: 1, occurredAt: '2026-11-23T24:00:00Z' }, 'invalid_usage'],
  ['a leap second', { usage: 1, model: 'm', occurredAt: '2026-12-31T23:59:60Z' }, 'invalid_usage'],
  ['the year 0', { usage: 1, model: 'm', occurredAt: '0000-01-01T00:00:00Z' }, 'invalid_usage'],
  ['the year 9999', { usage: 1, model: 'm', occurredAt: '9999-12-31T23:59:59-23:59' }, 'invalid_usage'],
  ['a time 31 days back', { usage: 1, occurredAt: fromNow(-31 * DAY_MS) }, 'invalid_usage'],
  ['a time 10 minutes ahead', { usage: 1, occurredAt: fromNow(10 * 60_000) }, 'invalid_usage'],
  ['__proto__', '{"usage":1,"__proto__":{"tokenCount":5}}', 'invalid_json'],
  ['__proto__ deep inside', '{"usage":1,"x":[{"\\u005f_proto__":1}]}', 'invalid_json'],
  ['a poisoned constructor', '{"usage":1,"constructor":{"prototype":{"usage":5}}}', 'invalid_json'],
  ['100,000 open brackets', '['.repeat(100_000), 'invalid_json'],
  ['100,000 nested lists', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'invalid_usage'],
  ['100,000 nested objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}x`, 'invalid_json'],
  ['bytes that are not UTF-8', Buffer.from('{"usage":1,"model":"\xff\xfe"}', 'latin1'), 'invalid_json'],
  ['an overlong NUL', Buffer.from('{"usage":1,"model":"\xc0\x80"}', 'latin1'), 'invalid_json'],
  [
    'half a surrogate pair in bytes',
    Buffer.from('{"usage":1,"model":"\xed\xa0\x80"}', 'latin1'),
    'invalid_json',
  ],
  ['UTF-16', Buffer.from('\ufeff{"usage":1}', 'utf16le'), 'invalid_json'],
  ['gzip', gzipSync('{"usage":1}'), 'invalid_json'],
  ['a huge body', `{"usage":1,"x":"${'x'.repeat(1024 ** 2)}"}`, 'body_too_large'],
]

describeOnBothEngines('bad input to /trackUsage', (engine) => {
  let server: TestApp
  let token: string
  beforeAll(async () => {
    server = await startTestApp(engine)
    token = await server.signUp()
    await server.track(token, { usage: 3, tokenCount: 4 })
  })
  afterAll(() => server.close())

  const send = (payload: string | Buffer, headers: Record<string, string> = {}) =>
    server.request({
      method: 'POST',
      url: '/trackUsage',
      headers: { ...bearer(token), 'content-type': 'application/json', ...headers },
      payload,
    })

  /** After whatever was refused: nothing was counted, and the next request is served. */
  async function expectUnharmed(credential = token, prompts = 3, tokens = 4) {
    expect(await countsOf(server, credential)).toEqual({ prompts, tokens })
    expect((await server.track(credential, {})).json()).toMatchObject({ currentPromptCount: prompts })
  }

  it.each(BAD_BODIES)('counts nothing for %s', async (_, body, code) => {
    const answer = await send(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
    expect(answer.json()).toEqual({ error: expect.stringMatching(/^\S.+\.$/), code })
    expect(answer.statusCode).toBe(code === 'body_too_large' ? 413 : 400)
    await expectUnharmed()
  })

  it.each([
    ['text/plain', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['a multipart form', 'multipart/form-data; boundary=x'],
    ['XML', 'application/xml'],
    ['JSON-like', 'application/jsonx'],
    ['JSON patch', 'application/json-patch+json'],
    ['no media type at all', 'json'],
    ['several', 'application/json, text/plain'],
  ])('takes no body of another content type: %s', async (_, type) => {
    const answer = await send('{"usage":1}', { 'content-type': type })
    expect(answer.statusCode).toBe(415)
    expect(answer.json()).toMatchObject({ error: expect.any(String), code: 'unsupported_media_type' })
    await expectUnharmed()
  })

  it('takes no body without a content type', async () => {
    const answer = await server.request({
      method: 'POST',
      url: '/trackUsage',
      headers: bearer(token),
      payload: Buffer.from('{"usage":1}'),
    })
    expect(answer.statusCode).toBe(415)
    await expectUnharmed()
  })

  it('takes no encoded body, whatever the encoding says and holds', async () => {
    for (const body of [gzipSync('{"usage":1}'), '{"usage":1}']) {
      const answer = await send(body, { 'content-encoding': 'gzip' })
      expect(answer.statusCode).toBe(415)
      expect(answer.json()).toMatchObject({ code: 'unsupported_media_type' })
    }
    await expectUnharmed()
  })

  it.each([
    ['a charset', 'application/json; charset=utf-8'],
    ['a charset in capitals', 'Application/JSON;charset="UTF-8"'],
    ['a parameter', 'application/json; profile=x'],
  ])('takes a content type with %s', async (_, type) => {
    expect((await send('{}', { 'content-type': type })).statusCode).toBe(200)
  })

  it('takes what looks odd and is right', async () => {
    const user = await server.signUp()
    const odd: [string, number, number][] = [
      ['\ufeff{"usage":1}', 1, 0],
      [' \r\n\t{"usage": 1e0}\n', 2, 0],
      ['{"usage":-0}', 2, 0],
      ['{"usage":1,"constructor":1,"toString":2,"hasOwnProperty":null}', 3, 0],
      ['{"u\\u0073age":1,"tokenCount":2.0}', 4, 2],
      ['{"usage":1,"model":"gpt \u{1f680} \u2028 é","source":"日本/1"}', 5, 2],
      [`{"usage":1,"model":"${'\u{1f680}'.repeat(128)}"}`, 6, 2],
      [`{"usage":1,"deep":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 7, 2],
    ]
    for (const [body, prompts, tokens] of odd) {
      const answer = await server.track(user, body)
      expect(answer.json(), body.slice(0, 60)).toMatchObject({
        currentPromptCount: prompts,
        currentTokenCount: tokens,
      })
    }
  })

  it('never takes a count past its range, and counts nothing for the attempt', async () => {
    const user = await server.signUp()
    expect((await server.track(user, { usage: MAX, tokenCount: MAX - 1 })).json()).toMatchObject({
      currentPromptCount: MAX,
      currentTokenCount: MAX - 1,
    })
    for (const body of [{ usage: 1 }, { usage: MAX }, { tokenCount: 2 }, { usage: 1, tokenCount: 1 }]) {
      const answer = await server.track(user, body)
      expect(answer.statusCode).toBe(400)
      expect(answer.json()).toMatchObject({ code: 'invalid_usage' })
    }
    expect((await server.track(user, { tokenCount: 1 })).json()).toMatchObject({ currentTokenCount: MAX })
    await expectUnharmed(user, MAX, MAX)
  })

  it('fails no other call that arrives at the same time', async () => {
    const user = await server.signUp()
    const bodies = BAD_BODIES.filter(([, body]) => typeof body === 'object' && !Buffer.isBuffer(body))
    const answers = await Promise.all(
      bodies.flatMap(([, body]) => [server.track(user, { usage: 1 }), server.track(user, body)]),
    )
    const statuses = answers.map(({ statusCode }) => statusCode)
    expect(statuses).toEqual(bodies.flatMap(() => [200, 400]))
    await expectUnharmed(user, bodies.length, 0)
  })
})

describeOnBothEngines('bad input to other routes', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
    await server.services.users.add('user@example.com')
  })
  afterAll(() => server.close())

  it.each([
    ['broken JSON', '{"email":', 400, 'invalid_json'],
    ['__proto__', '{"__proto__":{"email":"user@example.com"}}', 400, 'invalid_json'],
    ['a huge body', JSON.stringify({ email: 'x'.repeat(1024 ** 2) }), 413, 'body_too_large'],
    ['100,000 open brackets', '['.repeat(100_000), 400, 'invalid_json'],
  ])('signs nobody in for %s', async (_, body, status, code) => {
    const answer = await postSignUp(server, body)
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toEqual({ error: expect.any(String), code })
    expect((await postSignUp(server, { email: 'user@example.com' })).statusCode).toBe(200)
  })

  it('signs nobody in by a form or plain text, which any web page may post', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const answer = await postSignUp(server, '{"email":"user@example.com"}', { 'content-type': type })
      expect(answer.statusCode).toBe(415)
      expect(answer.json()).toMatchObject({ code: 'unsupported_media_type' })
    }
  })

  it.each([
    '/nope',
    '//',
    '/trackusage',
    '/trackUsage/',
    '/signup/x',
    '/api',
    '/api/',
    '/.env',
    '/docs/../.env',
    '/%2e%2e/etc/passwd',
  ])('finds nothing at %s', async (url) => {
    const answer = await server.request({ url })
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toEqual({ error: expect.any(String), code: 'not_found' })
  })

  it.each(['/%', '/%zz', '/api/%ff', '/signup%'])('cannot read the path %s', async (url) => {
    const answer = await server.request({ url })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toEqual({ error: expect.any(String), code: 'invalid_request' })
  })

  it('answers any other method of a known path with those it has', async () => {
    const document = (await server.request({ url: '/openapi.json' })).json()
    for (const [path, operations] of Object.entries<object>(document.paths)) {
      const url = path.replace(/\{\w+\}/g, '019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071')
      const known = new Set(Object.keys(operations).map((name) => name.toUpperCase()))
      if (known.has('GET')) known.add('HEAD')
      for (const method of [
        'GET',
        'HEAD',
        'POST',
        'PUT',
        'PATCH',
        'DELETE',
        'OPTIONS',
        'TRACE',
        'PROPFIND',
        'QUERY',
      ]) {
        if (known.has(method)) continue
        const answer = await server.request({ method: method as 'GET', url })
        expect(answer.statusCode, `${method} ${path}`).toBe(405)
        expect(answer.headers.allow, `${method} ${path}`).toBe([...known].sort().join(', '))
        if (method !== 'HEAD') expect(answer.json()).toMatchObject({ code: 'method_not_allowed' })
      }
    }
  })

  it('refuses the wrong method before it reads the body', async () => {
    const answer = await server.request({
      method: 'PUT',
      url: '/trackUsage',
      headers: { 'content-type': 'text/csv' },
      payload: 'x'.repeat(2 * 1024 ** 2),
    })
    expect(answer.statusCode).toBe(405)
  })
})
