import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../src/config/config.ts'
import { postSignUp } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'

const ALLOWED = 'https://app.example.com'

describe('every answer', () => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp('embedded', {
      environment: { CORS_ORIGINS: `${ALLOWED}, http://localhost:5173, https://*.editor.example` },
    })
    await server.services.users.add('user@example.com')
  })
  afterAll(() => server.close())

  it.each([
    ['200', 'GET', '/healthz', undefined],
    ['400', 'POST', '/signup', '{'],
    ['401', 'GET', '/api/me', undefined],
    ['404', 'GET', '/nope', undefined],
    ['405', 'PUT', '/signup', undefined],
    ['413', 'POST', '/signup', 'x'.repeat(1024 ** 2 + 1)],
    ['400 for an unreadable path', 'GET', '/%zz', undefined],
    ['200 of the description', 'GET', '/openapi.json', undefined],
    ['200 of metrics', 'GET', '/metrics', undefined],
  ] as const)('carries the security headers and an id: %s', async (_, method, url, payload) => {
    const headers = payload === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await server.request({ method, url, headers, ...(payload !== undefined && { payload }) })
    expect(answer.headers).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(answer.headers).not.toHaveProperty('server')
    expect(answer.headers).not.toHaveProperty('x-powered-by')
  })

  it.each(['abc', '0f9d2c1e-77aa', 'a.b:c_d', 'x'.repeat(128)])('repeats the X-Request-Id %s', async (id) => {
    const answer = await server.request({ url: '/healthz', headers: { 'x-request-id': id } })
    expect(answer.headers['x-request-id']).toBe(id)
  })

  it.each([
    '',
    ' ',
    'a b',
    'a\tb',
    '<script>',
    '"a"',
    'a,b',
    'ä',
    '{jndi:ldap://x}',
    '\u001b[31m',
    'x'.repeat(129),
  ])('replaces the hostile X-Request-Id %j', async (id) => {
    const answer = await server.request({ url: '/healthz', headers: { 'x-request-id': id } })
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(server.logLines.at(-1)).toContain(String(answer.headers['x-request-id']))
  })

  const preflight = (origin: string, url = '/trackUsage') =>
    server.request({
      method: 'OPTIONS',
      url,
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
      },
    })

  it.each([ALLOWED, 'http://localhost:5173', 'https://v--0a1b2c.editor.example'])(
    'lets pages of the allowed origin %s ask first',
    async (origin) => {
      const answer = await preflight(origin)
      expect(answer.statusCode).toBe(204)
      expect(answer.headers['access-control-allow-origin']).toBe(origin)
      expect(answer.headers['access-control-allow-methods']).toContain('POST')
      expect(answer.headers['access-control-allow-headers']?.toLowerCase()).toMatch(
        /authorization.*content-type.*idempotency-key/,
      )
      expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
      expect(answer.headers.vary).toContain('Origin')
    },
  )

  it('lets pages of an allowed origin read answers, refusals too', async () => {
    for (const body of [{ email: 'user@example.com' }, {}]) {
      const answer = await postSignUp(server, body, { origin: ALLOWED })
      expect(answer.headers['access-control-allow-origin']).toBe(ALLOWED)
      expect(answer.headers['access-control-expose-headers']).toContain('X-Request-Id')
    }
  })

  it.each([
    'https://evil.example',
    'https://app.example.com.evil.example',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://editor.example',
    'https://a.b.editor.example',
    'http://a.editor.example',
    'https://a.editor.example.evil.example',
    'https://evil.example/.editor.example',
    'null',
    '*',
  ])('gives the origin %s no allow header', async (origin) => {
    for (const answer of [await preflight(origin), await postSignUp(server, {}, { origin })]) {
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
    }
  })
})

describe('a server without CORS_ORIGINS', () => {
  it('gives no origin an allow header', async () => {
    const server = await startTestApp('embedded')
    const answer = await server.request({
      method: 'OPTIONS',
      url: '/trackUsage',
      headers: { origin: ALLOWED, 'access-control-request-method': 'POST' },
    })
    expect(answer.statusCode).toBe(405)
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
    await server.close()
  })
})

describe('the settings of the HTTP server', () => {
  it('reach it', async () => {
    const environment = {
      REQUEST_TIMEOUT_MS: '7000',
      KEEP_ALIVE_TIMEOUT_MS: '8000',
      BODY_LIMIT_BYTES: '1024',
    }
    const server = await startTestApp('embedded', { environment })
    expect(parseConfig(server.environment).http).toMatchObject({
      requestTimeoutMs: 7000,
      keepAliveTimeoutMs: 8000,
    })
    expect(server.app.server).toMatchObject({
      requestTimeout: 7000,
      headersTimeout: 7000,
      keepAliveTimeout: 8000,
    })
    expect((await postSignUp(server, { email: 'x'.repeat(1024) })).statusCode).toBe(413)
    await server.close()
  })
})
