import { type AuditEventResponse, type AuditListResponse, DEFAULT_PLAN } from '@promptmeter/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ageSession, ask, makeKey } from './support/account-requests.ts'
import { admin, askAdmin } from './support/admin-requests.ts'
import { getMe } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('the audit log', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const read = async (query: Record<string, string> = {}): Promise<AuditListResponse> =>
    (await askAdmin(server, 'GET', `/audit?${new URLSearchParams(query)}`)).json()

  /** What the log says of a user, the oldest first. */
  const storyOf = async (userId: string): Promise<AuditEventResponse[]> =>
    (await read({ userId })).events.toReversed()

  it('tells what users do to their accounts: who, what, when and from where', async () => {
    const token = await server.signUp('told@example.com')
    const { id } = (await getMe(server, token)).json()
    const { sessionId } = await server.services.sessions.verify(token)
    const key = await makeKey(server, token, 'secret name')
    await ask(server, token, 'DELETE', `/api/me/keys/${key.id}`)
    await ask(server, token, 'GET', '/api/me/export')
    await ask(server, token, 'POST', '/api/session/renew')
    await ageSession(server.database, sessionId, 20)
    await ask(server, token, 'POST', '/api/session/renew')
    await ask(server, token, 'DELETE', '/api/me/sessions?keepCurrent=true')
    await ask(server, token, 'GET', '/api/admin/users')
    await ask(server, token, 'DELETE', `/api/me/sessions/${sessionId}`)
    const story = await storyOf(id)
    expect(story.map((event) => [event.action, event.sessionId])).toEqual([
      ['key_created', key.id],
      ['key_revoked', key.id],
      ['data_exported', sessionId],
      ['session_renewed', sessionId],
      ['sessions_revoked', sessionId],
      ['admin_refused', sessionId],
      ['session_revoked', sessionId],
    ])
    for (const event of story) {
      expect(event).toMatchObject({
        actor: { kind: 'user', userId: id, email: 'told@example.com' },
        user: { id, email: 'told@example.com' },
        ip: '127.0.0.1',
        clientName: 'a test',
      })
      expect(Math.abs(Date.parse(event.at) - Date.now())).toBeLessThan(60_000)
    }
    expect(JSON.stringify(story)).not.toContain(key.apiKey.slice(3))
  })

  it('tells every change by the operator or by an admin, with no address in its details', async () => {
    const boss = await server.services.users.add('boss@example.com')
    await server.services.users.update(boss.id, { role: 'admin' })
    const token = await server.signUp('boss@example.com')
    const { id } = (await admin(server, 'POST', '', { email: 'changed@example.com', threshold: 7 })).json()
    const change = { threshold: 9, role: 'member', overrides: null, plan: DEFAULT_PLAN }
    await ask(server, token, 'PATCH', `/api/admin/users/${id}`, change)
    const correction = { usage: 4, tokenCount: 5, reason: 'asked by changed@example.com' }
    for (const _ of [1, 2])
      await admin(server, 'POST', `/${id}/corrections`, correction, { 'idempotency-key': 'once' })
    await server.signUp('changed@example.com')
    const [session] = (await admin(server, 'GET', `/${id}/sessions`)).json().sessions
    await admin(server, 'DELETE', `/${id}/sessions/${session.id}`)
    await admin(server, 'DELETE', `/${id}/sessions`)
    await admin(server, 'DELETE', `/${id}`)
    await ask(server, token, 'GET', '/api/admin/users')
    const story = await storyOf(id)
    expect(story.map(({ action, actor, details }) => [action, actor.kind, details])).toEqual([
      ['user_added', 'operator', { plan: DEFAULT_PLAN, threshold: 7 }],
      [
        'user_changed',
        'user',
        { fields: Object.keys(change), threshold: 9, role: 'member', plan: DEFAULT_PLAN },
      ],
      ['usage_corrected', 'operator', { prompts: 4, tokens: 5, cost: 0 }],
      ['session_revoked', 'operator', { revoked: 1 }],
      ['sessions_revoked', 'operator', { revoked: 0 }],
      ['user_erased', 'operator', {}],
    ])
    expect(story[1]?.actor).toEqual({ kind: 'user', userId: boss.id, email: 'boss@example.com' })
    for (const { user } of story) expect(user).toEqual({ id, email: null })
    expect(JSON.stringify(story)).not.toContain('changed@example.com')
    expect((await read({ actorId: boss.id })).events).toEqual([story[1]])
  })

  it('tells of plans, prices and imports', async () => {
    const before = new Date().toISOString()
    const price = {
      model: 'm*',
      effectiveFrom: '2026-01-01T00:00:00Z',
      inputMicros: 1,
      cachedInputMicros: null,
      outputMicros: 2,
    }
    await askAdmin(server, 'PUT', '/plans/pro', { limits: [] })
    await askAdmin(server, 'DELETE', '/plans/pro')
    await askAdmin(server, 'PUT', '/prices', { prices: [price] })
    await askAdmin(server, 'DELETE', `/prices?model=m*&effectiveFrom=${price.effectiveFrom}`)
    const rows = [{ email: 'import@example.com' }, { email: 'import@example.com' }, { email: 'no' }]
    await admin(server, 'POST', '/import', { rows })
    const { events } = await read({ from: before })
    expect(events.toReversed().map(({ action, user, details }) => [action, user, details])).toEqual([
      ['plan_changed', null, { plan: 'pro' }],
      ['plan_deleted', null, { plan: 'pro' }],
      ['price_changed', null, { models: ['m*'] }],
      ['price_deleted', null, { model: 'm*', effectiveFrom: price.effectiveFrom }],
      ['users_imported', null, { added: 1, exists: 1, invalid: 1 }],
    ])
  })

  it('tells nothing of a change that was refused', async () => {
    const before = (await read()).events[0]
    await admin(server, 'POST', '', { email: 'boss@example.com' })
    await admin(server, 'PATCH', '/019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071', { disabled: true })
    await askAdmin(server, 'DELETE', '/plans/none')
    expect((await read()).events[0]).toEqual(before)
  })

  it('is read newest first, in pages that show every event once, by user, action and time', async () => {
    const { id } = await server.services.users.add('pages@example.com')
    const actor = { kind: 'operator' } as const
    for (let index = 0; index < 7; index++) {
      const action = index % 2 === 0 ? 'user_changed' : 'session_revoked'
      await server.services.audit.record({ action, actor, origin: null, userId: id, details: { index } })
    }
    const seen: unknown[] = []
    let cursor: string | null = null
    do {
      const page = await read({ userId: id, limit: '3', ...(cursor !== null && { cursor }) })
      expect(page.events.length).toBeLessThanOrEqual(3)
      seen.push(...page.events.map(({ details }) => (details as { index: number }).index))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0])
    const all = (await read({ userId: id })).events
    expect((await read({ userId: id, action: 'session_revoked' })).events).toHaveLength(3)
    const [newest] = all as [AuditEventResponse]
    const later = new Date(Date.parse(newest.at) + 1000).toISOString()
    expect((await read({ userId: id, to: later })).events).toEqual(all)
    expect((await read({ userId: id, from: later })).events).toEqual([])
    for (const query of ['limit=201', 'limit=0', 'cursor=nonsense', 'userId=x', 'action=x', 'from=x', 'x=1'])
      expect((await askAdmin(server, 'GET', `/audit?${query}`)).json()).toMatchObject({
        code: 'invalid_request',
      })
  })

  it('cannot be changed, emptied or shortened, whoever asks the database', async () => {
    const attempt = (statement: string) => sql.raw(statement).execute(server.database.kysely)
    const stored = async () =>
      (await attempt('select row_to_json(e)::text as row from audit_events e order by id')).rows
    const before = await stored()
    expect(before.length).toBeGreaterThan(0)
    for (const statement of [
      "update audit_events set action = 'sign_in'",
      "update audit_events set ip = '192.0.2.1'",
      "update audit_events set details = '{}', ip = null, client_name = null where details <> '{}'",
      'delete from audit_events',
      'truncate audit_events',
    ])
      await expect(attempt(statement), statement).rejects.toThrow('the audit log is only added to')
    expect(await stored()).toEqual(before)
  })
})
