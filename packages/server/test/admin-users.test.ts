import { MAX_COUNT } from '@promptmeter/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addUser, admin, readPages } from './support/admin-requests.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { getMe } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const NOBODY = '019ab2c4-5d6e-7f80-9a1b-2c3d4e5f6071'

describeOnBothEngines('the users of the admin API', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  it('are added with counts of 0 and the default threshold, and can sign in', async () => {
    const answer = await admin(server, 'POST', '', { email: ' New@Example.COM ' })
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toEqual({
      id: expect.any(String),
      email: 'new@example.com',
      promptCount: 0,
      tokenCount: 0,
      costMicros: 0,
      plan: 'free',
      overrides: null,
      threshold: 10,
      remaining: 10,
      role: 'member',
      disabled: false,
      createdAt: expect.stringMatching(/Z$/),
      lastUsedAt: null,
      usedShare: 0,
      ownThreshold: null,
    })
    const signUp = await server.request({
      method: 'POST',
      url: '/signup',
      payload: { email: 'new@example.com' },
    })
    expect(signUp.statusCode).toBe(200)
  })

  it('are added once, however many ask at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => admin(server, 'POST', '', { email: 'once@example.com' })),
    )
    const statuses = answers.map(({ statusCode }) => statusCode).sort()
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 409)])
    expect(answers.find(({ statusCode }) => statusCode === 409)?.json()).toMatchObject({
      code: 'user_exists',
    })
  })

  it.each([
    [{}, 'invalid_request'],
    [{ email: '' }, 'email_required'],
    [{ email: 'nobody' }, 'email_invalid'],
    [{ email: 7 }, 'invalid_request'],
    [{ email: 'a@example.com', threshold: -1 }, 'invalid_request'],
    [{ email: 'a@example.com', threshold: 1.5 }, 'invalid_request'],
    [{ email: 'a@example.com', threshold: '10' }, 'invalid_request'],
    [{ email: 'a@example.com', threshold: MAX_COUNT + 1 }, 'invalid_request'],
    [{ email: 'a@example.com', promptCount: 0 }, 'invalid_request'],
    [[], 'invalid_request'],
    [null, 'invalid_request'],
  ])('are not added by %j', async (body, code) => {
    const answer = await admin(server, 'POST', '', body)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code })
  })

  it('are shown by their id, and by their very address alone', async () => {
    const { user } = await addUser(server, { email: 'shown@example.com', threshold: 3 })
    await addUser(server, { email: 'not-shown@example.com' })
    expect((await admin(server, 'GET', `/${user.id}`)).json()).toEqual(user)
    expect((await admin(server, 'GET', '?email=SHOWN@example.com')).json()).toEqual({
      users: [user],
      nextCursor: null,
    })
    expect((await admin(server, 'GET', '?email=nowhere@example.com')).json().users).toEqual([])
  })

  it.each([NOBODY, 'not-an-id', '1', '%00', `${NOBODY}0`])(
    'who are not there are not found, on any route: %s',
    async (id) => {
      const answers = await Promise.all([
        admin(server, 'GET', `/${id}`),
        admin(server, 'PATCH', `/${id}`, { disabled: true }),
        admin(server, 'DELETE', `/${id}`),
        admin(server, 'GET', `/${id}/limits`),
        admin(server, 'GET', `/${id}/usage`),
        admin(server, 'GET', `/${id}/sessions`),
        admin(server, 'DELETE', `/${id}/sessions`),
        admin(server, 'DELETE', `/${id}/sessions/${NOBODY}`),
        admin(server, 'POST', `/${id}/corrections`, { usage: 1, reason: 'nobody' }),
      ])
      for (const answer of answers) {
        expect(answer.statusCode).toBe(404)
        expect(answer.json()).toMatchObject({ code: 'user_not_found' })
      }
    },
  )

  it('take a new threshold and give it up again', async () => {
    const { user, token } = await addUser(server)
    expect((await admin(server, 'PATCH', `/${user.id}`, { threshold: 0 })).json()).toMatchObject({
      threshold: 0,
      remaining: 0,
      disabled: false,
    })
    expect((await server.track(token, { usage: 1 })).json()).toMatchObject({ threshold: 0, exceeded: true })
    expect((await admin(server, 'PATCH', `/${user.id}`, { threshold: MAX_COUNT })).json()).toMatchObject({
      threshold: MAX_COUNT,
    })
    expect((await admin(server, 'PATCH', `/${user.id}`, { threshold: null })).json()).toMatchObject({
      threshold: 10,
      remaining: 9,
    })
  })

  it('are refused from the very next request when disabled, and let in again when enabled', async () => {
    const { user, token } = await addUser(server)
    const disabled = await admin(server, 'PATCH', `/${user.id}`, { disabled: true })
    expect(disabled.json()).toMatchObject({ disabled: true, threshold: 10 })
    for (const answer of [await server.track(token, { usage: 1 }), await getMe(server, token)]) {
      expect(answer.statusCode).toBe(403)
      expect(answer.json()).toMatchObject({ code: 'user_disabled' })
    }
    await admin(server, 'PATCH', `/${user.id}`, { disabled: false })
    expect((await server.track(token, { usage: 1 })).json()).toMatchObject({ currentPromptCount: 1 })
  })

  it.each([{}, { email: 'other@example.com' }, { disabled: null }, { disabled: 1 }, { threshold: 'none' }])(
    'are not changed by %j',
    async (body) => {
      const { user } = await addUser(server)
      const answer = await admin(server, 'PATCH', `/${user.id}`, body)
      expect(answer.statusCode).toBe(400)
      expect((await admin(server, 'GET', `/${user.id}`)).json()).toEqual(user)
    },
  )
})

describeOnBothEngines('the list of users', (engine) => {
  let server: TestApp
  const emails = Array.from({ length: 23 }, (_, index) => `list-${index % 10}${index}@example.com`)
  beforeAll(async () => {
    server = await startTestApp(engine)
    for (const [index, email] of emails.entries()) {
      const { token } = await addUser(server, { email })
      await server.track(token, { usage: index % 3, tokenCount: index % 2 })
    }
  })
  afterAll(() => server.close())

  it.each(
    ['createdAt', 'email', 'promptCount', 'tokenCount'].flatMap((sort) => [
      [sort, 'asc'],
      [sort, 'desc'],
    ]),
  )('shows every user once and in order, page by page, by %s %s', async (sort, order) => {
    const pages = await readPages(server, { sort: sort as string, order: order as string, limit: '5' })
    expect(pages.map((page) => page.length)).toEqual([5, 5, 5, 5, 3])
    const users = pages.flat()
    expect(new Set(users.map(({ email }) => email))).toEqual(new Set(emails))
    const values = users.map((user) => user[sort as 'email' | 'promptCount'])
    const sorted = values.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0))
    expect(values).toEqual(order === 'asc' ? sorted : sorted.toReversed())
  })

  it('finds a part of the address in any case, and takes % and _ for themselves', async () => {
    await addUser(server, { email: 'a_b%c@search.example' })
    await addUser(server, { email: 'axbyc@search.example' })
    const search = async (text: string) =>
      (await admin(server, 'GET', `?limit=200&search=${encodeURIComponent(text)}`))
        .json()
        .users.map(({ email }: { email: string }) => email)
    expect(await search('B%C@SEARCH')).toEqual(['a_b%c@search.example'])
    expect(await search('a_b')).toEqual(['a_b%c@search.example'])
    expect(await search('%')).toEqual(['a_b%c@search.example'])
    expect(await search('\\')).toEqual([])
    expect(await search('search.example')).toHaveLength(2)
    for (const name of ['a_b%c@search.example', 'axbyc@search.example']) {
      const [user] = (await admin(server, 'GET', `?email=${encodeURIComponent(name)}`)).json().users
      await admin(server, 'DELETE', `/${user.id}`)
    }
  })

  it.each([
    'limit=0',
    'limit=201',
    'limit=ten',
    'sort=id',
    'order=up',
    'search=%00',
    'page=2',
    'email=nobody',
    'cursor=nonsense',
    `cursor=${Buffer.from('["email","asc","x","y"]').toString('base64url')}`,
    `cursor=${Buffer.from(`["createdAt","asc","9999-99-99 99:99:99+99","${NOBODY}"]`).toString('base64url')}`,
    `cursor=${Buffer.from(`["createdAt","asc","1e5","${NOBODY}"]`).toString('base64url')}`,
    `sort=email&cursor=${Buffer.from(`["email","asc","\\u0000","${NOBODY}"]`).toString('base64url')}`,
    `order=desc&cursor=${Buffer.from(`["createdAt","asc","0","${NOBODY}"]`).toString('base64url')}`,
  ])('refuses ?%s', async (query) => {
    const answer = await admin(server, 'GET', `?${query}`)
    expect(answer.statusCode).toBe(400)
  })

  it('takes the furthest instant a cursor can name', async () => {
    for (const value of ['9999999999999999', '-9999999999999999']) {
      const cursor = Buffer.from(`["createdAt","asc","${value}","${NOBODY}"]`).toString('base64url')
      expect((await admin(server, 'GET', `?cursor=${cursor}`)).statusCode).toBe(200)
    }
  })
})

describeOnBothEngines('a deleted user', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  it('leaves nothing in any table, and their token finds nobody', async () => {
    const { user, token } = await addUser(server)
    const other = await addUser(server)
    await Promise.all([token, other.token].map((each) => server.track(each, { usage: 1, model: 'm' })))
    const deleted = await admin(server, 'DELETE', `/${user.id}`)
    expect(deleted.statusCode).toBe(204)
    expect(deleted.headers).not.toHaveProperty('content-type')

    for (const table of ['sessions', 'usage_events', 'usage_hours', 'usage_days'] as const) {
      const rows = await server.database.kysely.selectFrom(table).select('user_id').execute()
      expect(new Set(rows.map(({ user_id }) => user_id))).toEqual(new Set([other.user.id]))
    }
    for (const answer of [await server.track(token, { usage: 1 }), await getMe(server, token)]) {
      expect(answer.statusCode).toBe(404)
      expect(answer.json()).toMatchObject({ code: 'user_not_found' })
    }
    expect((await admin(server, 'DELETE', `/${user.id}`)).statusCode).toBe(404)
    expect((await server.track(other.token, { usage: 1 })).json()).toMatchObject({ currentPromptCount: 2 })
  })

  it('leaves nothing though events, corrections and sign-ins arrive meanwhile', async () => {
    for (let round = 0; round < 5; round++) {
      const { user, token } = await addUser(server)
      const answers = await Promise.all([
        ...Array.from({ length: 40 }, () => server.track(token, { usage: 1, tokenCount: 2 })),
        admin(server, 'POST', `/${user.id}/corrections`, { usage: 3, reason: 'meanwhile' }),
        admin(server, 'DELETE', `/${user.id}`),
        ...Array.from({ length: 40 }, () => server.track(token, { usage: 1 })),
        server.request({ method: 'POST', url: '/signup', payload: { email: user.email } }),
        admin(server, 'POST', `/${user.id}/corrections`, { usage: 1, reason: 'meanwhile' }),
      ])
      const statuses = new Set(answers.map(({ statusCode }) => statusCode))
      expect([...statuses].filter((status) => ![200, 201, 204, 404].includes(status))).toEqual([])
      expect(await findContradictions(server.database)).toEqual([])
      const left = await server.database.kysely
        .selectFrom('sessions')
        .selectAll()
        .where('user_id', '=', user.id)
        .execute()
      expect(left).toEqual([])
    }
  })

  it('leaves nothing of more events than one statement deletes', async () => {
    const { user, token } = await addUser(server)
    await sql`insert into usage_events
        (user_id, seq, prompts, tokens, recorded_at, prompt_count_after, token_count_after)
      select ${user.id}, seq, 0, 0, now(), 0, 0 from generate_series(1, 100001) seq`.execute(
      server.database.kysely,
    )
    await sql`update users set event_count = 100001 where id = ${user.id}`.execute(server.database.kysely)
    expect((await server.track(token, { usage: 1 })).statusCode).toBe(200)
    expect((await admin(server, 'DELETE', `/${user.id}`)).statusCode).toBe(204)
    expect(await findContradictions(server.database)).toEqual([])
  })

  it('may be added again and starts at 0', async () => {
    const { user, token } = await addUser(server, { email: 'again@example.com' })
    await server.track(token, { usage: 5 }, { 'idempotency-key': 'first-life' })
    await admin(server, 'DELETE', `/${user.id}`)
    const again = await addUser(server, { email: 'again@example.com' })
    expect(again.user).toMatchObject({ promptCount: 0 })
    const answer = await server.track(again.token, { usage: 2 }, { 'idempotency-key': 'first-life' })
    expect(answer.json()).toMatchObject({ currentPromptCount: 2 })
  })
})
