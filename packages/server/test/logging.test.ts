import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { loggablePath } from '../src/http/loggable-path.ts'
import { bearer, getMe } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const SECRETS = {
  JWT_SECRET: 'canary-jwt-secret-canary-jwt-secret-canary',
  JWT_SECRET_PREVIOUS: 'canary-old-secret-canary-old-secret-canary',
  ADMIN_KEY: 'canary-admin-key-canary-admin-key-canary',
}

describeOnBothEngines('the log', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine, { environment: SECRETS })
  })
  afterAll(() => server.close())

  /** What was logged while `work` ran, parsed. */
  async function linesOf(work: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
    const before = server.logLines.length
    await work()
    return server.logLines.slice(before).map((line) => JSON.parse(line))
  }

  it.each([
    ['GET', '/healthz', '/healthz', 200],
    ['GET', '/api/me?from=1', '/api/me', 401],
    ['GET', '/nope', '/nope', 404],
    ['PUT', '/signup', '/signup', 405],
    ['GET', '/%zz', '/*', 400],
    ['HEAD', '/healthz', '/healthz', 200],
  ] as const)('has one line for %s %s, with the id of the answer', async (method, url, path, status) => {
    let id: unknown
    const lines = await linesOf(async () => {
      id = (await server.request({ method, url })).headers['x-request-id']
    })
    expect(lines).toEqual([
      {
        level: 30,
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        reqId: id,
        method,
        path,
        status,
        ms: expect.any(Number),
        msg: 'request',
      },
    ])
  })

  it("carries the caller's own request id", async () => {
    const lines = await linesOf(() =>
      server.request({ url: '/healthz', headers: { 'x-request-id': 'editor-7' } }),
    )
    expect(lines).toMatchObject([{ reqId: 'editor-7' }])
  })

  it('tells what failed unexpectedly, under the id that the caller was given', async () => {
    const token = await server.signUp()
    const failure = vi
      .spyOn(server.services.usage, 'track')
      .mockRejectedValue(new Error('the disk is on fire'))
    let id: unknown
    const lines = await linesOf(async () => {
      id = (await server.track(token, { usage: 1 })).headers['x-request-id']
    })
    failure.mockRestore()
    expect(lines).toMatchObject([
      {
        level: 50,
        reqId: id,
        err: { message: 'the disk is on fire', stack: expect.stringContaining('.ts') },
      },
      { level: 30, reqId: id, status: 500 },
    ])
  })

  it('has no line that a caller can break or forge', async () => {
    const before = server.logLines.length
    await server.request({ url: '/a%0a%7b%22level%22:10%7d', headers: { 'user-agent': 'x\u001b[31m' } })
    expect(server.logLines).toHaveLength(before + 1)
    expect(server.logLines.at(-1)).not.toMatch(/%0a|level.*level/)
    expect(server.logLines.at(-1)).not.toContain('\u001b')
  })

  it('and the answers hold no secret, wherever a caller may have put one', async () => {
    const token = await server.signUp('canary-address@example.com')
    const { apiKey } = (await getMe(server, token)).json()
    const secrets: string[] = [
      token,
      token.split('.')[2] as string,
      apiKey,
      'canary-address@example.com',
      ...Object.values(SECRETS),
    ]
    const canaries = [...secrets, 'canary-query', 'canary-model', 'canary-key', 'canary-body', 'canary-agent']
    const before = server.logLines.length
    const answers: string[] = []
    const ask = async (request: Parameters<TestApp['request']>[0]) => {
      const { body, headers, statusCode } = await server.request(request)
      // A good answer gives callers what is theirs; no refusal repeats what it was sent.
      if (statusCode >= 400) answers.push(body, JSON.stringify(headers))
    }
    const json = { 'content-type': 'application/json' }
    for (const secret of secrets) {
      const inQuery = `?token=${secret}&canary-query=${secret}`
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'] as const) {
        await ask({ method, url: `/${encodeURIComponent(secret)}` })
        await ask({ method, url: `/api/me/${encodeURIComponent(secret)}${inQuery}` })
        await ask({ method, url: `/api/me/usage${inQuery}`, headers: bearer(secret) })
        await ask({
          method,
          url: `/api/admin/users/${encodeURIComponent(secret)}${inQuery}`,
          headers: bearer(secret),
        })
        await ask({ method, url: `/api/admin/users${inQuery}`, headers: bearer(SECRETS.ADMIN_KEY) })
        await ask({ method, url: `/api/me/usage?from=${secret}`, headers: bearer(token) })
        await ask({ method, url: `/signup;${secret}`, headers: { cookie: secret, 'x-api-key': secret } })
        await ask({
          method,
          url: `/healthz#${secret}`,
          headers: { 'user-agent': `canary-agent ${secret}`, referer: secret },
        })
        await ask({ method, url: `/%zz${secret}`, headers: { authorization: secret } })
      }
      for (const body of [
        { email: secret },
        { email: `${secret}@example.com` },
        { email: `${secret} @` },
        { [secret]: secret, usage: secret, tokenCount: [secret] },
        { usage: 1, model: `canary-model\u0000${secret}` },
        { usage: 1, occurredAt: secret },
        { events: [{ idempotencyKey: secret, usage: secret }] },
        { rows: [secret] },
        secret,
      ]) {
        for (const payload of [JSON.stringify(body), `${JSON.stringify(body)}canary-body`]) {
          await ask({ method: 'POST', url: '/signup', headers: json, payload })
          await ask({ method: 'POST', url: '/trackUsage', headers: { ...json, ...bearer(token) }, payload })
          await ask({
            method: 'POST',
            url: '/trackUsage/batch',
            headers: { ...json, ...bearer(token) },
            payload,
          })
          await ask({
            method: 'POST',
            url: '/api/admin/users',
            headers: { ...json, ...bearer(SECRETS.ADMIN_KEY) },
            payload,
          })
        }
      }
      const withKey = { ...json, ...bearer(token), 'idempotency-key': `${secret} canary-key` }
      await ask({ method: 'POST', url: '/trackUsage', headers: withKey, payload: '{}' })
      await ask({ url: '/healthz', headers: { host: `${secret}.example.com`, via: secret } })
      await ask({ url: '/healthz', headers: { 'x-request-id': `${secret} ` } })
    }
    const log = server.logLines.slice(before).join('')
    expect(server.logLines.length).toBeGreaterThan(before + 100)
    for (const canary of canaries) {
      expect(log.includes(canary), `the log holds ${canary}`).toBe(false)
      // One refusal names what it was asked for: that a user is there already tells the operator which.
      const leaks = answers.filter((answer) => answer.includes(canary) && !answer.includes('user_exists'))
      expect(leaks).toEqual([])
    }
  }, 120_000)

  it('says what the database refused, without what it was given', async () => {
    const token = await server.signUp()
    const lines = await linesOf(async () => {
      await server.database.kysely.schema
        .alterTable('usage_events')
        .addCheckConstraint('no_canary', sql`model <> 'canary-model'`)
        .execute()
      const body = { usage: 1, model: 'canary-model', source: 'canary-source' }
      const answer = await server.track(token, body, { 'idempotency-key': 'canary-key' })
      expect(answer.statusCode).toBe(500)
      expect(answer.json()).toEqual({ error: 'Failed to track usage.', code: 'internal_error' })
    })
    expect(lines.some((line) => line.level === 50)).toBe(true)
    expect(JSON.stringify(lines)).toContain('23514')
    expect(JSON.stringify(lines)).not.toMatch(/canary-(model|source|key)/)
  })
})

describe('a path in the log', () => {
  it.each([
    ['/api/me', '/api/me'],
    ['/api/me?x=1', '/api/me'],
    ['/api/me#x', '/api/me'],
    ['/a;token=b', '/a'],
    ['/', '/'],
    ['', ''],
    [
      '/api/admin/users/019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071/usage',
      '/api/admin/users/019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071/usage',
    ],
    ['/users/user@example.com', '/users/*'],
    ['/users/user%40example.com', '/users/*'],
    [`/${'k'.repeat(25)}/x`, '/*/x'],
    ['/a\nb', '/*'],
    [`/${'a/'.repeat(200)}`, `/${'a/'.repeat(200)}`.slice(0, 200)],
  ])('%j is kept as %j', (url, path) => {
    expect(loggablePath(url)).toBe(path)
  })
})
