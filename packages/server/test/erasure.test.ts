import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, makeKey } from './support/account-requests.ts'
import { admin } from './support/admin-requests.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { getMe } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('an erased user', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  /** Somebody with a row in every table that knows users. */
  async function addUser(email: string) {
    const token = await server.signUp(email)
    const { id } = (await getMe(server, token)).json()
    await server.track(token, { usage: 3, tokenCount: 5, model: 'm' })
    const { apiKey } = await makeKey(server, token)
    const { kysely } = server.database
    await sql`insert into identities (issuer, subject, user_id) values ('https://id.example.com', ${id}, ${id})`.execute(
      kysely,
    )
    await sql`insert into challenges (email, network, slot, id, code_mac, expires_at)
      values (${email}, 'n', 1, gen_random_uuid(), 'mac', now() + interval '10 minutes')`.execute(kysely)
    return { id, token, apiKey }
  }

  /** Tables with a row that has this text anywhere. */
  async function tablesNaming(text: string): Promise<string[]> {
    const { kysely } = server.database
    const { rows } = await sql<{ name: string }>`select relname as name from pg_class
      where relkind in ('r', 'p') and relnamespace = current_schema()::regnamespace`.execute(kysely)
    const naming: string[] = []
    for (const { name } of rows) {
      const found = await sql`select from ${sql.table(name)} t
        where position(${text} in row_to_json(t)::text) > 0 limit 1`.execute(kysely)
      if (found.rows.length > 0) naming.push(name)
    }
    return naming.sort()
  }

  const originsOf = async (id: string) => {
    const { rows } = await sql<{ action: string; ip: string | null; client_name: string | null }>`
      select action, ip, client_name from audit_events where user_id = ${id} or actor_id = ${id} order by at, id`.execute(
      server.database.kysely,
    )
    return rows
  }

  it('by their own wish leaves nothing but ids in the audit log, and the address is in no table', async () => {
    const email = 'erase-me@example.com'
    const { id, token, apiKey } = await addUser(email)
    const other = await addUser('stays@example.com')
    expect(await tablesNaming(email)).toEqual(['challenges', 'users'])
    expect((await ask(server, token, 'DELETE', '/api/me')).statusCode).toBe(204)
    expect(await tablesNaming(email)).toEqual([])
    expect(await tablesNaming(id)).toEqual(['audit_events'])
    const origins = await originsOf(id)
    expect(origins.map(({ action }) => action)).toEqual(['key_created', 'user_erased'])
    for (const { ip, client_name } of origins) expect([ip, client_name]).toEqual([null, null])
    for (const credential of [token, apiKey])
      expect((await getMe(server, credential)).json()).toMatchObject({ code: 'user_not_found' })
    expect((await getMe(server, other.token)).json()).toMatchObject({ promptCount: 3 })
    expect((await originsOf(other.id))[0]).toMatchObject({ ip: '127.0.0.1', client_name: 'a test' })
    expect(await findContradictions(server.database)).toEqual([])
  })

  it('by an admin leaves as little of themselves', async () => {
    const email = 'erased-by-admin@example.com'
    const { id } = await addUser(email)
    expect((await admin(server, 'DELETE', `/${id}`)).statusCode).toBe(204)
    expect(await tablesNaming(email)).toEqual([])
    const [created, erased] = await originsOf(id)
    expect(created).toEqual({ action: 'key_created', ip: null, client_name: null })
    expect(erased).toMatchObject({ action: 'user_erased', ip: '127.0.0.1' })
  })

  it('must have signed in within the last ten minutes, by the clock of the database; renewal is no sign-in', async () => {
    const { token, apiKey } = await addUser('stale@example.com')
    const { sessionId } = await server.services.sessions.verify(token)
    const ageBy = (minutes: number) =>
      sql`update sessions set created_at = now() - make_interval(mins => ${minutes}::int) where id = ${sessionId}`.execute(
        server.database.kysely,
      )
    await ageBy(11)
    const { sessionToken } = (await ask(server, token, 'POST', '/api/session/renew')).json()
    for (const credential of [token, sessionToken]) {
      const answer = await ask(server, credential, 'DELETE', '/api/me')
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'sign_in_again'])
    }
    expect((await ask(server, apiKey, 'DELETE', '/api/me')).json().code).toBe('session_required')
    expect((await getMe(server, token)).statusCode).toBe(200)
    await ageBy(9)
    expect((await ask(server, token, 'DELETE', '/api/me')).statusCode).toBe(204)
  })
})
