import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { csvLine } from '../src/csv.ts'
import { addUser, admin, askAdmin } from './support/admin-requests.ts'
import { bearer } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const USER_COLUMNS =
  'email,plan,role,state,promptCount,tokenCount,costMicros,threshold,createdAt,lastUsedAt,id'
const AUDIT_COLUMNS = 'at,action,actor,actorEmail,userId,userEmail,sessionId,ip,clientName,details'

/** The records of a CSV file as RFC 4180 has them. */
function recordsOf(text: string): string[][] {
  expect(text.endsWith('\r\n')).toBe(true)
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/gy
  const records: string[][] = [[]]
  for (const [, value = '', end] of text.matchAll(cell)) {
    records.at(-1)?.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value)
    if (end === '\r\n') records.push([])
  }
  expect(cell.lastIndex).toBe(0)
  return records.slice(0, -1)
}

describe('a line of CSV', () => {
  it('quotes what would break it, and is never a formula', () => {
    expect(csvLine(['a', 1, null, ''])).toBe('a,1,,\r\n')
    expect(csvLine(['a,b', 'say "x"', 'two\nlines'])).toBe('"a,b","say ""x""","two\nlines"\r\n')
    expect(csvLine(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])).toBe(
      `'=1+1,'+1,'-1,'@SUM(A1),'\tx,"'\rx"\r\n`,
    )
    expect(csvLine(['=HYPERLINK("http://x";"y")'])).toBe(`"'=HYPERLINK(""http://x"";""y"")"\r\n`)
    expect(csvLine([-5, 'a=b', 'a-b'])).toBe('-5,a=b,a-b\r\n')
  })
})

describeOnBothEngines('the export of users', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const exportUsers = (query = '') => admin(server, 'GET', `/export${query}`)

  it('is a file with a line for each user who fits, in the order asked for', async () => {
    const { user, token } = await addUser(server, { email: 'file-b@example.com', threshold: 5 })
    await server.track(token, { usage: 4, tokenCount: 30 })
    await addUser(server, { email: 'file-a@example.com' })
    await admin(server, 'PATCH', `/${user.id}`, { role: 'admin' })
    const answer = await exportUsers('?search=file-&sort=email&order=desc')
    expect(answer.statusCode).toBe(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': expect.stringMatching(
        /^attachment; filename="promptmeter-users-\d{4}-\d\d-\d\d\.csv"$/,
      ),
      'cache-control': 'no-store',
    })
    const [header, ...records] = recordsOf(answer.body)
    expect(header?.join()).toBe(USER_COLUMNS)
    const shown = (await admin(server, 'GET', `/${user.id}`)).json()
    expect(records).toEqual([
      [
        'file-b@example.com',
        'free',
        'admin',
        'near',
        '4',
        '30',
        '0',
        '5',
        shown.createdAt,
        shown.lastUsedAt,
        user.id,
      ],
      ['file-a@example.com', 'free', 'member', 'active', '0', '0', '0', '', ...(records[1]?.slice(8) ?? [])],
    ])
    expect((await exportUsers('?search=file-&standing=near')).body.split('\r\n')).toHaveLength(3)
    expect((await exportUsers('?plan=nowhere')).body).toBe(`${USER_COLUMNS}\r\n`)
  })

  it('has everybody once, however many pages it takes, and keeps spreadsheets from running an address', async () => {
    await sql`insert into users (id, email, disabled_at)
      select gen_random_uuid(), '=many-' || n || '@example.com', now() from generate_series(1, 2100) n`.execute(
      server.database.kysely,
    )
    for (const query of ['?search=many-', '?search=many-&sort=promptCount&order=desc', '?disabled=true']) {
      const records = recordsOf((await exportUsers(query)).body).slice(1)
      expect(records).toHaveLength(2100)
      expect(new Set(records.map(([email]) => email)).size).toBe(2100)
      expect(
        records.every(([email, , , state]) => email?.startsWith("'=many-") && state === 'disabled'),
      ).toBe(true)
    }
  })

  it('is told to the audit log, with the names of its filters and none of their values', async () => {
    await exportUsers('?search=canary@example.com&role=member')
    const { events } = (await askAdmin(server, 'GET', '/audit?action=users_exported&limit=1')).json()
    expect(events[0]).toMatchObject({
      actor: { kind: 'operator' },
      details: { filters: ['search', 'role'] },
    })
    expect(JSON.stringify(events)).not.toContain('canary')
  })

  it.each([
    ['?email=nobody', 400],
    ['?standing=far', 400],
    ['?limit=5', 400],
    ['?search=%00', 400],
  ])('refuses %s', async (query, status) => {
    const answer = await exportUsers(query)
    expect(answer.statusCode).toBe(status)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  })

  it('is for admins alone', async () => {
    const token = await server.signUp()
    for (const path of ['/users/export', '/audit/export']) {
      const answer = await askAdmin(server, 'GET', path, undefined, bearer(token))
      expect(answer.json()).toMatchObject({ code: 'admin_required' })
    }
  })

  it('that cannot be completed is cut off, never half of it as a whole', async () => {
    await server.app.listen({ port: 0, host: '127.0.0.1' })
    const { users } = server.services
    const pages = users.pages
    users.pages = async function* (query) {
      for await (const page of pages.call(users, query)) {
        yield page
        throw new Error('the database is gone')
      }
    } as typeof pages
    const broken = await download('/api/admin/users/export')
    users.pages = pages
    expect(broken.whole).toBe(false)
    expect(broken.body).toContain(USER_COLUMNS)
    expect((await download('/api/admin/users/export')).whole).toBe(true)
  })

  /** Takes a file over a real connection; gives what came and whether it came whole. */
  function download(path: string) {
    const { port } = server.app.server.address() as AddressInfo
    return new Promise<{ body: string; whole: boolean }>((resolve, reject) => {
      const headers = bearer('test-admin-key')
      const request = httpRequest({ port, host: '127.0.0.1', path, headers }, async (response) => {
        let body = ''
        try {
          for await (const chunk of response) body += chunk
          resolve({ body, whole: response.complete })
        } catch {
          resolve({ body, whole: false })
        }
      })
      request.on('error', reject)
      request.end()
    })
  }

  it('can be imported elsewhere: addresses, counts, thresholds and ages come over', async () => {
    const [columns, ...records] = recordsOf((await exportUsers('?search=file-&sort=email')).body)
    const cells = (record: string[]) =>
      Object.fromEntries((columns ?? []).map((name, index) => [name, record[index]]))
    const rows = records.map(cells).map(({ email, threshold, promptCount, tokenCount, createdAt }) => ({
      email,
      threshold: threshold === '' ? null : Number(threshold),
      promptCount: Number(promptCount),
      tokenCount: Number(tokenCount),
      createdAt,
    }))
    const elsewhere = await startTestApp(engine)
    try {
      const { results } = (await admin(elsewhere, 'POST', '/import', { rows })).json()
      expect(results).toEqual([{ outcome: 'added' }, { outcome: 'added' }])
      const again = recordsOf((await admin(elsewhere, 'GET', '/export?search=file-&sort=email')).body).slice(
        1,
      )
      const kept = ['email', 'promptCount', 'tokenCount', 'threshold', 'createdAt']
      const facts = (record: string[]) => kept.map((name) => cells(record)[name])
      expect(again.map(facts)).toEqual(records.map(facts))
    } finally {
      await elsewhere.close()
    }
  })
})

describeOnBothEngines('the export of the audit log', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  it('is a file with the events that fit, newest first, in pages', async () => {
    const { user } = await addUser(server, { email: 'audited@example.com' })
    await admin(server, 'PATCH', `/${user.id}`, { threshold: 3 }, { 'user-agent': '=cmd|calc, "really"' })
    await sql`insert into audit_events (id, at, action, actor, details)
      select gen_random_uuid(), now() - n * interval '1 second', 'sign_in_refused', 'nobody', '{"n": 1}'
      from generate_series(1, 1500) n`.execute(server.database.kysely)

    const answer = await askAdmin(server, 'GET', '/audit/export')
    expect(answer.headers['content-disposition']).toMatch(/filename="promptmeter-audit-[\d-]+\.csv"/)
    const [header, ...records] = recordsOf(answer.body)
    expect(header?.join()).toBe(AUDIT_COLUMNS)
    const actions = records.map(([, action]) => action)
    expect(actions.filter((action) => action === 'sign_in_refused')).toHaveLength(1500)
    expect(actions).toContain('audit_exported')
    const times = records.map(([at]) => at as string)
    expect(times).toEqual(times.toSorted().toReversed())

    const changes = await askAdmin(server, 'GET', `/audit/export?action=user_changed&userId=${user.id}`)
    expect(recordsOf(changes.body).slice(1)).toEqual([
      [
        expect.stringMatching(/Z$/),
        'user_changed',
        'operator',
        '',
        user.id,
        'audited@example.com',
        '',
        '127.0.0.1',
        `'=cmd|calc, "really"`,
        JSON.stringify({ fields: ['threshold'], threshold: 3 }),
      ],
    ])
    expect((await askAdmin(server, 'GET', '/audit/export?to=2001-01-01T00:00:00Z')).body).toBe(
      `${AUDIT_COLUMNS}\r\n`,
    )
  })

  it.each(['from=yesterday', 'action=nothing', 'cursor=x', 'limit=5'])('refuses ?%s', async (query) => {
    expect((await askAdmin(server, 'GET', `/audit/export?${query}`)).statusCode).toBe(400)
  })
})
