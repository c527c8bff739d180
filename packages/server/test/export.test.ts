import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ExportResponse } from '@promptmeter/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, makeKey } from './support/account-requests.ts'
import { schemaCheck } from './support/documented-answers.ts'
import { bearer, trackBatch } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const EVENTS = 3500

describeOnBothEngines('the export of a user', (engine) => {
  let server: TestApp
  let token: string
  let userId: string
  beforeAll(async () => {
    server = await startTestApp(engine)
    token = await server.signUp('export@example.com')
    userId = (await server.services.users.getByEmail('export@example.com')).id
    for (let sent = 0; sent < EVENTS; sent += 500) {
      const events = Array.from({ length: 500 }, (_, index) => ({
        idempotencyKey: `e${sent + index}`,
        usage: 1,
        tokenCount: index,
        model: `m "${index % 7}" \\ 日本語`,
      }))
      expect((await trackBatch(server, token, events)).statusCode).toBe(200)
    }
    await sql`insert into identities (issuer, subject, user_id) values
      ('https://a.example.com', '1', ${userId}), ('https://b.example.com', '2', ${userId})`.execute(
      server.database.kysely,
    )
  })
  afterAll(() => server.close())

  /** Rows of a table as the database has them, named as the export names columns. */
  async function rowsOf(from: string): Promise<Record<string, unknown>[]> {
    const { rows } = await sql<{
      row: string
    }>`select row_to_json(t)::text as row from ${sql.raw(from)}`.execute(server.database.kysely)
    return rows.map(({ row }) =>
      Object.fromEntries(
        Object.entries(JSON.parse(row)).map(([name, value]) => [
          name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
          value,
        ]),
      ),
    )
  }

  it('tells what others did to them, and not from where', async () => {
    const changed = await server.signUp('changed@example.com')
    const { id } = await server.services.users.getByEmail('changed@example.com')
    const headers = { authorization: 'Bearer test-admin-key', 'user-agent': 'the admin of this server' }
    await server.request({
      method: 'PATCH',
      url: `/api/admin/users/${id}`,
      headers,
      payload: { threshold: 9999 },
    })
    const { auditEvents } = (await ask(server, changed, 'GET', '/api/me/export')).json()
    const change = auditEvents.find(({ action }: { action: string }) => action === 'user_changed')
    expect(change).toMatchObject({ actorId: null, ip: null, clientName: null })
    expect(JSON.stringify(auditEvents)).not.toContain('the admin of this server')
  })

  it('has every row that is kept of them, as it is kept, and none of others', async () => {
    const { id: keyId, apiKey } = await makeKey(server, token)
    const stranger = await server.signUp('stranger@example.com')
    await server.track(stranger, { usage: 1 })
    const answer = await ask(server, token, 'GET', '/api/me/export')
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="promptmeter-[\d-]+\.json"$/)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    const exported = answer.json()
    expect(schemaCheck()(ExportResponse, exported)).toBeNull()
    expect(exported.user).toMatchObject({ id: userId, email: 'export@example.com', promptCount: EVENTS })
    expect(exported.plan).toMatchObject({ name: 'free' })
    const own = `where t.user_id = '${userId}' order by`
    expect(exported.usageEvents).toEqual(await rowsOf(`usage_events t ${own} seq`))
    expect(exported.usageEvents).toHaveLength(EVENTS)
    expect(exported.identities).toEqual(await rowsOf(`identities t ${own} issuer`))
    expect(exported.auditEvents).toEqual(await rowsOf(`audit_events t ${own} id`))
    expect(exported.auditEvents.at(-1)).toMatchObject({ action: 'data_exported' })
    expect(exported.holds).toEqual([])
    expect(exported.keys).toMatchObject([{ id: keyId, clientName: 'a key' }])
    expect(exported.sessions).toMatchObject([{ userId, kind: 'sign-in' }])
    for (const secret of [token, apiKey.slice(3), 'grantMac', 'stranger@example.com'])
      expect(answer.body).not.toContain(secret)
  })

  /** Takes the export over a real connection; gives what came and whether it came whole. */
  function download(credential: string, onChunk: (received: number) => Promise<void>) {
    const { port } = server.app.server.address() as AddressInfo
    return new Promise<{ body: string; whole: boolean }>((resolve, reject) => {
      const request = httpRequest(
        { port, host: '127.0.0.1', path: '/api/me/export', headers: bearer(credential) },
        async (response) => {
          let body = ''
          try {
            for await (const chunk of response) {
              body += chunk
              await onChunk(body.length)
            }
            resolve({ body, whole: response.complete })
          } catch {
            resolve({ body, whole: false })
          }
        },
      )
      request.on('error', reject)
      request.end()
    })
  }

  it('that cannot be completed is cut off, never half of it as a whole', async () => {
    await server.app.listen({ port: 0, host: '127.0.0.1' })
    const doomed = await server.signUp('doomed@example.com')
    await server.track(doomed, { usage: 1 })
    const { id } = await server.services.users.getByEmail('doomed@example.com')
    // The user goes while the last page is on its way out: every list is well-formed, and yet not all was there.
    const { users } = server.services
    const getById = users.getById
    users.getById = async (wanted) => {
      users.getById = getById
      await server.services.removal.remove(id)
      return users.getById(wanted)
    }
    const { body, whole } = await download(doomed, async () => {})
    expect(whole).toBe(false)
    expect(body).toContain('usageEvents')
    expect(() => JSON.parse(body)).toThrow(SyntaxError)
    expect((await download(token, async () => {})).whole).toBe(true)
  })

  it('is made a page at a time: however long it is, no part of it is', async () => {
    const user = await server.services.users.getById(userId)
    const parts: string[] = []
    for await (const part of server.services.exports.write(user, new Date())) parts.push(part)
    expect(Math.max(...parts.map((part) => part.split('\n').length))).toBeLessThanOrEqual(1001)
    expect(JSON.parse(parts.join('')).usageEvents).toHaveLength(EVENTS)
  })
})
