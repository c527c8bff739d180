import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exchange, listen } from './support/raw-http.ts'
import { postSignUp } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { createTestServer } from './support/test-server.ts'

const ROUTES = [
  ['POST', '/signup'],
  ['POST', '/trackUsage'],
  ['POST', '/trackUsage/batch'],
  ['GET', '/api/me'],
  ['GET', '/api/me/usage'],
  ['GET', '/api/admin/users'],
  ['GET', '/healthz'],
  ['GET', '/readyz'],
  ['GET', '/metrics'],
  ['GET', '/openapi.json'],
  ['GET', '/docs'],
  ['GET', '/docs/static/index.css'],
  ['GET', '/docs/json'],
  ['DELETE', '/signup'],
  ['OPTIONS', '/signup'],
  ['GET', '/no-such-path'],
  ['GET', '/%zz'],
] as const

const SUSPECT_HEADERS = {
  Forwarded: 'for=192.0.2.1',
  'X-Forwarded-For': '192.0.2.1',
  'X-Forwarded-Host': 'localhost',
  'x-forwarded-proto': 'https',
  'X-Forwarded-Anything': '',
  Via: '1.1 proxy',
  'X-Real-IP': '192.0.2.1',
  Host: 'promptmeter.example.com',
}

describe('a server for which nobody chose SIGN_IN', () => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp('embedded')
    await server.services.users.add('user@example.com')
  })
  afterAll(() => server.close())

  it('refuses HTTP/1.0, which a proxy speaks that adds no header', async () => {
    const port = await listen(server.app)
    const answer = await exchange(port, 'GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n')
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, 'proxy_refused'])
  })

  it.each(ROUTES)('refuses what came through a proxy or by another name, at %s %s', async (method, url) => {
    for (const [name, value] of Object.entries(SUSPECT_HEADERS)) {
      const answer = await server.request({ method, url, headers: { [name.toLowerCase()]: value } })
      expect(answer.statusCode, name).toBe(403)
      expect(answer.json(), name).toMatchObject({
        code: 'proxy_refused',
        error: expect.stringContaining('SIGN_IN'),
      })
    }
  })

  it.each([
    '192.0.2.1',
    '0.0.0.0',
    'example.com:3000',
    'localhost.example.com',
    'localhost@example.com',
    '127.0.0.1.example.com',
    '127.1',
    '2130706433',
    '0x7f.1',
    '[::]',
    '[::ffff:192.0.2.1]:3000',
  ])('refuses the Host %j', async (host) => {
    const answer = await postSignUp(server, { email: 'user@example.com' }, { host })
    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toMatchObject({ code: 'proxy_refused' })
  })

  it.each([
    'localhost',
    'LocalHost:3000',
    '127.0.0.1',
    '127.0.0.1:3000',
    '127.9.8.7:80',
    '[::1]',
    '[::1]:3000',
  ])('serves the Host %j', async (host) => {
    expect((await postSignUp(server, { email: 'user@example.com' }, { host })).statusCode).toBe(200)
  })
})

describe('a server with SIGN_IN=trusted', () => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp('embedded', { environment: { SIGN_IN: 'trusted' } })
    await server.services.users.add('user@example.com')
  })
  afterAll(() => server.close())

  it.each(Object.entries(SUSPECT_HEADERS))('serves a request with %s: %s', async (name, value) => {
    const answer = await postSignUp(server, { email: 'user@example.com' }, { [name.toLowerCase()]: value })
    expect(answer.statusCode).toBe(200)
  })
})

describe('a start on an address that others can reach', () => {
  it('is refused with every problem at once, and leaves nothing behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'promptmeter-start-'))
    const server = await createTestServer({
      DATA_DIR: folder,
      HOST: '0.0.0.0',
      LOG_LEVEL: 'loud',
      REGISTRATION: 'everybody',
      ADMIN_KEY: 'short',
      CORS_ORIGINS: 'https://app.example.com/path',
    })
    server.spawn()
    expect(await server.exited).toEqual({ code: 1, signal: null })
    for (const name of ['SIGN_IN', 'JWT_SECRET', 'LOG_LEVEL', 'REGISTRATION', 'ADMIN_KEY', 'CORS_ORIGINS']) {
      expect(server.output).toMatch(new RegExp(`^ +- ${name} `, 'm'))
    }
    expect(server.output).not.toMatch(/\bat .*\.ts:\d+/)
    expect(await readdir(folder)).toEqual([])
    await rm(folder, { recursive: true })
  })
})
