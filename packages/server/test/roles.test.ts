import type { SignInMethod } from '@promptmeter/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ageSession, ask, makeKey } from './support/account-requests.ts'
import { admin } from './support/admin-requests.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { getMe } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { createTestDatabase, describeOnBothEngines } from './support/test-database.ts'

let addresses = 0

async function addAdmin(server: TestApp, method: SignInMethod = 'email') {
  const user = await server.services.users.findOrAdd(`admin-${++addresses}@example.com`)
  await server.services.users.update(user.id, { role: 'admin' })
  const { sessionToken, sessionId } = await server.services.sessions.start(user, { method, clientName: null })
  return { ...user, token: sessionToken, sessionId }
}

describeOnBothEngines('a user who is an admin', (engine) => {
  let replicas: Replicas
  let server: TestApp
  beforeAll(async () => {
    replicas = await startReplicas(engine, 2)
    server = replicas.at(0)
  })
  afterAll(() => replicas.close())

  const listUsers = (credential: string, replica = server) =>
    ask(replica, credential, 'GET', '/api/admin/users')

  it('may use the admin API with the token and API key of a session that proved the address', async () => {
    for (const method of ['email', 'github', 'oidc'] as const) {
      const { token } = await addAdmin(server, method)
      const { apiKey, role } = (await getMe(server, token)).json()
      expect(role).toBe('admin')
      for (const credential of [token, apiKey]) expect((await listUsers(credential)).statusCode).toBe(200)
    }
  })

  it('may not with a trusted session, nor with a named key', async () => {
    const trusted = await addAdmin(server, 'trusted')
    const { token } = await addAdmin(server)
    const { apiKey } = await makeKey(server, token)
    for (const credential of [trusted.token, apiKey]) {
      const answer = await listUsers(credential)
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'admin_required'])
    }
  })

  it('is refused by the very next request once demoted, disabled or signed out, on another replica too', async () => {
    for (const [change, code] of [
      [(id: string) => admin(server, 'PATCH', `/${id}`, { role: 'member' }), 'admin_required'],
      [(id: string) => admin(server, 'PATCH', `/${id}`, { disabled: true }), 'user_disabled'],
      [(id: string) => admin(server, 'DELETE', `/${id}/sessions`), 'token_invalid'],
    ] as const) {
      const { id, token } = await addAdmin(server)
      for (const replica of replicas.apps) expect((await listUsers(token, replica)).statusCode).toBe(200)
      expect((await change(id)).statusCode).toBe(200)
      const answer = await listUsers(token, replicas.at(1))
      expect([answer.statusCode, answer.json().code]).toEqual([403, code])
    }
  })

  it('is told that a session has expired, where the key of the operator is told to be wrong', async () => {
    const { token, sessionId } = await addAdmin(server)
    await ageSession(server.database, sessionId, 31)
    expect((await listUsers(token)).json()).toMatchObject({ code: 'token_invalid' })
    expect((await listUsers('some-other-key')).json()).toMatchObject({ code: 'admin_key_invalid' })
  })

  it('makes and unmakes admins, yet not themselves', async () => {
    const { id, token } = await addAdmin(server)
    const other = await addAdmin(server)
    const change = (userId: string, body: object) =>
      ask(server, token, 'PATCH', `/api/admin/users/${userId}`, body)
    expect((await change(other.id, { role: 'member' })).json()).toMatchObject({ role: 'member' })
    expect((await change(other.id, { role: 'admin' })).json()).toMatchObject({ role: 'admin' })
    for (const answer of [
      await change(id, { role: 'member' }),
      await change(id, { disabled: true }),
      await ask(server, token, 'DELETE', `/api/admin/users/${id}`),
    ])
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'admin_required'])
    expect((await change(id, { threshold: 50, role: 'admin' })).json()).toMatchObject({ role: 'admin' })
    expect((await admin(server, 'PATCH', `/${id}`, { role: 'member' })).json()).toMatchObject({
      role: 'member',
    })
    expect((await change(other.id, { role: 'boss' })).json()).toMatchObject({ code: 'admin_required' })
  })
})

describe('where no ADMIN_KEY is set', () => {
  it('an admin may use the admin API, and a member is told that it takes one', async () => {
    const testDatabase = await createTestDatabase('postgres')
    const { ADMIN_KEY: _, ...environment } = testDatabase.environment
    const server = await startTestApp('postgres', { testDatabase: { ...testDatabase, environment } })
    try {
      const { token } = await addAdmin(server)
      expect((await ask(server, token, 'GET', '/api/admin/users')).statusCode).toBe(200)
      const member = await ask(server, await server.signUp(), 'GET', '/api/admin/users')
      expect(member.json()).toMatchObject({ code: 'admin_required' })
    } finally {
      await server.close()
      await testDatabase.remove()
    }
  })
})
