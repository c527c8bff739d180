import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exchange, listen, openConnection, type RawAnswer } from './support/raw-http.ts'
import { countsOf } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'

describe('bytes on the wire', () => {
  let server: TestApp
  let port: number
  let token: string
  beforeAll(async () => {
    server = await startTestApp('embedded', { environment: { REQUEST_TIMEOUT_MS: '1000' } })
    port = await listen(server.app)
    token = await server.signUp()
  })
  afterAll(() => server.close())

  const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`
  const trackHead = (...lines: string[]) =>
    head(
      'POST /trackUsage HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      ...lines,
    )

  function expectRefused(answer: RawAnswer, status: number, code: string) {
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(JSON.parse(answer.body)).toEqual({ error: expect.any(String), code })
  }

  /** Nothing was counted, and the server answers others. */
  async function expectUnharmed() {
    expect((await exchange(port, head('GET /healthz HTTP/1.1', 'Host: localhost'))).status).toBe(200)
    expect(await countsOf(server, token)).toEqual({ prompts: 0, tokens: 0 })
  }

  it('that follow a call do not take its answer away', async () => {
    const other = await server.signUp()
    const call = head(
      'POST /trackUsage HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${other}`,
      'Content-Type: application/json',
      'Content-Length: 11',
    )
    const answer = await exchange(port, `${call}{"usage":1}\u0000junk\r\n\r\n`)
    expect([answer.status, JSON.parse(answer.body).currentPromptCount]).toEqual([200, 1])
    await expectUnharmed()
  })

  it('that are a Bearer of 1 MB are refused, and the answer arrives', async () => {
    const answer = await exchange(
      port,
      'POST /trackUsage HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ',
      'x'.repeat(1024 ** 2),
      '\r\nContent-Length: 0\r\n\r\n',
    )
    expectRefused(answer, 431, 'headers_too_large')
    await expectUnharmed()
  })

  it('that never end are cut off, after the answer', async () => {
    const connection = await openConnection(port)
    connection.send('GET / HTTP/1.1\r\nHost: localhost\r\nX-Endless: ', 'x'.repeat(100_000))
    const closed = new Promise((resolve) => connection.socket.once('close', resolve))
    const more = setInterval(() => connection.send('x'.repeat(1000)), 5)
    expectRefused(await connection.read(), 431, 'headers_too_large')
    await closed
    clearInterval(more)
    await expectUnharmed()
  })

  it('that are ten thousand headers or an endless path are refused', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `X-${index}: ${index}`)
    expectRefused(await exchange(port, trackHead(...many)), 431, 'headers_too_large')
    const path = `GET /${'x'.repeat(100_000)} HTTP/1.1`
    expectRefused(await exchange(port, head(path, 'Host: localhost')), 431, 'headers_too_large')
    await expectUnharmed()
  })

  it.each([
    ['noise', '\u0000\u0001\u0002\r\n\r\n'],
    ['words', 'hello there\r\n\r\n'],
    ['a TLS handshake', Buffer.from('16030100c8010000c40303', 'hex')],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an unknown method', head('STEAL /trackUsage HTTP/1.1', 'Host: localhost')],
    ['an unknown version', head('GET / HTTP/9.9', 'Host: localhost')],
    ['a header without a colon', head('GET / HTTP/1.1', 'Host: localhost', 'nonsense')],
    ['a header with NUL', head('GET / HTTP/1.1', 'Host: localhost', 'X-A: a\u0000b')],
    ['a folded header', head('GET / HTTP/1.1', 'Host: localhost', 'X-A: a', ' b')],
    ['a blank before a colon', head('GET / HTTP/1.1', 'Host: localhost', 'Content-Length : 5')],
    ['a negative length', head('POST / HTTP/1.1', 'Host: localhost', 'Content-Length: -5')],
    ['a length that is no number', head('POST / HTTP/1.1', 'Host: localhost', 'Content-Length: 1e3')],
  ])('that are no HTTP are refused: %s', async (_, bytes) => {
    expectRefused(await exchange(port, bytes), 400, 'invalid_request')
    await expectUnharmed()
  })

  it.each([
    ['both a length and chunks', ['Content-Length: 11', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['two lengths that differ', ['Content-Length: 11', 'Content-Length: 5'], '{"usage":1}'],
    ['two lengths alike', ['Content-Length: 11', 'Content-Length: 11'], '{"usage":1}'],
    ['a list of lengths', ['Content-Length: 11, 11'], '{"usage":1}'],
    ['an unknown transfer coding', ['Transfer-Encoding: gzip'], '{"usage":1}'],
    ['a chunk of no size', ['Transfer-Encoding: chunked'], 'zz\r\n{"usage":1}\r\n0\r\n\r\n'],
  ])('that two readers could take apart differently are refused: %s', async (_, lines, body) => {
    expectRefused(await exchange(port, trackHead(...lines), body), 400, 'invalid_request')
    await expectUnharmed()
  })

  it.each([
    ['Authorization', 'Authorization: Bearer other'],
    ['authorization in other letters', 'aUTHORIZATION: Bearer other'],
    ['Content-Type', 'Content-Type: application/json'],
    ['Host', 'Host: localhost'],
  ])('that send a header twice that means one thing are refused: %s', async (_, line) => {
    const answer = await exchange(port, trackHead(line, 'Content-Length: 11'), '{"usage":1}')
    expectRefused(answer, 400, 'duplicate_header')
    await expectUnharmed()
  })

  it('that send two idempotency keys are refused', async () => {
    const answer = await exchange(
      port,
      trackHead('Idempotency-Key: one', 'idempotency-key: two', 'Content-Length: 11'),
      '{"usage":1}',
    )
    expectRefused(answer, 400, 'duplicate_header')
    await expectUnharmed()
  })

  it('that name no Host are refused, in HTTP/1.1 and, while SIGN_IN is implied, in HTTP/1.0', async () => {
    expectRefused(await exchange(port, head('GET /healthz HTTP/1.1')), 400, 'invalid_request')
    expectRefused(await exchange(port, head('GET /healthz HTTP/1.0')), 403, 'proxy_refused')
    expectRefused(await exchange(port, head('GET /healthz HTTP/1.1', 'Host:')), 403, 'proxy_refused')
    await expectUnharmed()
  })

  it('that name another host in the request line reach nothing', async () => {
    const answer = await exchange(port, head('GET http://evil.example/api/me HTTP/1.1', 'Host: localhost'))
    expect([400, 401, 403, 404]).toContain(answer.status)
    await expectUnharmed()
  })

  it('that are headers too slow to arrive are refused when their time is over', async () => {
    const connection = await openConnection(port)
    connection.send('POST /trackUsage HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
    expectRefused(await connection.read(), 408, 'request_timeout')
    connection.close()
    await expectUnharmed()
  })

  it('that are a body too slow to arrive are refused when its time is over', async () => {
    const connection = await openConnection(port)
    connection.send(trackHead('Content-Length: 11'), '{"usage"')
    expectRefused(await connection.read(), 408, 'request_timeout')
    connection.close()
    await expectUnharmed()
  })

  it('that are a body cut short count nothing', async () => {
    const connection = await openConnection(port)
    connection.send(trackHead('Content-Length: 5000'), '{"usage":1}')
    connection.close()
    await expectUnharmed()
  })

  it.each([
    ['with its length', ['Content-Length: 2000000'], ''],
    ['in chunks', ['Transfer-Encoding: chunked'], `1e8480\r\n${'x'.repeat(2_000_000)}\r\n0\r\n\r\n`],
  ])('that are a huge body %s are refused before the end of it', async (_, lines, body) => {
    const answer = await exchange(port, trackHead(...lines), body)
    expectRefused(answer, 413, 'body_too_large')
    expect(answer.headers.connection).toBe('close')
    await expectUnharmed()
  })

  it('with a bad credential are answered before their body has come', async () => {
    const connection = await openConnection(port)
    connection.send(
      head(
        'POST /trackUsage HTTP/1.1',
        'Host: localhost',
        'Authorization: Bearer none',
        'Content-Type: application/json',
        'Content-Length: 500000',
      ),
    )
    expectRefused(await connection.read(), 403, 'token_invalid')
    connection.close()
    await expectUnharmed()
  })

  it('that wait for permission to send their body get it', async () => {
    const connection = await openConnection(port)
    connection.send(trackHead('Content-Length: 2', 'Expect: 100-continue'))
    expect((await connection.read()).status).toBe(100)
    connection.send('{}')
    expect((await connection.read()).status).toBe(200)
    connection.close()
  })

  it('that expect anything else of the server are served without it', async () => {
    const answer = await exchange(port, trackHead('Content-Length: 2', 'Expect: a-miracle'), '{}')
    expect(answer.status).toBe(200)
    expect(answer.headers['x-request-id']).toBeDefined()
  })

  it('of several requests on one connection are answered in order', async () => {
    const connection = await openConnection(port)
    const track = [trackHead('Content-Length: 2'), '{}']
    connection.send(...track, ...track, head('GET /healthz HTTP/1.1', 'Host: localhost'))
    const answers = [await connection.read(), await connection.read(), await connection.read()]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(JSON.parse(answers[2]?.body ?? '')).toEqual({ status: 'alive' })
    connection.send(...track)
    expect((await connection.read()).status).toBe(200)
    connection.close()
  })

  it('after a refused request on the same connection are read from where the next begins', async () => {
    const connection = await openConnection(port)
    const bad = '{"usage":-1}'
    connection.send(trackHead(`Content-Length: ${bad.length}`), bad, trackHead('Content-Length: 2'), '{}')
    expect((await connection.read()).status).toBe(400)
    expect((await connection.read()).status).toBe(200)
    connection.send(
      head('PUT /trackUsage HTTP/1.1', 'Host: localhost', 'Content-Length: 11'),
      '{"usage":1}',
      trackHead('Content-Length: 2'),
      '{}',
    )
    expect((await connection.read()).status).toBe(405)
    expect((await connection.read()).status).toBe(200)
    connection.close()
    await expectUnharmed()
  })

  it('that ask by HEAD get the headers of GET and no body', async () => {
    const connection = await openConnection(port)
    connection.send(head('HEAD /healthz HTTP/1.1', 'Host: localhost'))
    const answer = await connection.read({ withoutBody: true })
    expect(answer).toMatchObject({ status: 200, headers: { 'content-length': '18' }, body: '' })
    connection.send(head('HEAD /trackUsage HTTP/1.1', 'Host: localhost'))
    expect(await connection.read({ withoutBody: true })).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
    })
    connection.send(head('GET /healthz HTTP/1.1', 'Host: localhost'))
    expect((await connection.read()).body).toBe('{"status":"alive"}')
    connection.close()
  })
})
