import { afterAll, beforeAll, expect, it } from 'vitest'
import { addUser, admin, askAdmin, readPages } from './support/admin-requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const HOUR_MS = 60 * 60 * 1000
const HOURS_OF_30_DAYS = 30 * 24

/** What a user has that the others have not; the hour is counted back from the present one. */
interface Fields {
  readonly plan?: string
  readonly role?: string
  readonly disabled?: boolean
  readonly prompts?: number
  readonly monthTokens?: number
  readonly cost?: number
  readonly hoursAgo?: number
  readonly threshold?: number
  readonly overrides?: object
}

const PEOPLE: Readonly<Record<string, Fields>> = {
  'fresh@example.com': {},
  'near@example.com': { prompts: 8, hoursAgo: 1 },
  'reached@example.com': { prompts: 10, hoursAgo: 2, cost: 5 },
  'lifted@example.com': { prompts: 10, threshold: 1000, hoursAgo: HOURS_OF_30_DAYS },
  'admin@example.com': { role: 'admin', prompts: 1, hoursAgo: HOURS_OF_30_DAYS + 1, cost: 700 },
  'gone@example.com': { disabled: true, prompts: 12, hoursAgo: 3 },
  'pro-below@example.com': { plan: 'pro', monthTokens: 799, hoursAgo: 0, cost: 5 },
  'pro-near@example.com': { plan: 'pro', monthTokens: 800, hoursAgo: 0 },
  'pro-reached@example.com': { plan: 'pro', monthTokens: 1000, hoursAgo: 0, cost: 90 },
  'pro-last-month@example.com': { plan: 'pro', monthTokens: 1000, hoursAgo: 24 * 32 },
  'pro-lifted@example.com': {
    plan: 'pro',
    monthTokens: 5000,
    hoursAgo: 0,
    overrides: { limits: [{ meter: 'tokens', window: 'month', amount: null }] },
  },
  'pro-tightened@example.com': {
    plan: 'pro',
    monthTokens: 10,
    hoursAgo: 0,
    overrides: { limits: [{ meter: 'tokens', window: 'month', amount: 10 }] },
  },
  'pro-blocked@example.com': {
    plan: 'pro',
    disabled: true,
    overrides: { limits: [{ meter: 'cost', window: 'day', amount: 0 }] },
  },
}

describeOnBothEngines('the filters of the list of users', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
    const limits = [{ meter: 'tokens', window: 'month', amount: 1000 }]
    await askAdmin(server, 'PUT', '/plans/pro', { limits })
    const hour = Math.floor(Date.now() / HOUR_MS)
    for (const [email, fields] of Object.entries(PEOPLE)) {
      await server.services.users.add(email, fields.threshold ?? null, fields.plan)
      await server.database.kysely
        .updateTable('users')
        .set({
          role: (fields.role ?? 'member') as 'member',
          disabled_at: fields.disabled ? new Date() : null,
          prompt_count: fields.prompts ?? 0,
          month_tokens: fields.monthTokens ?? 0,
          cost_micros: fields.cost ?? 0,
          counted_hour: fields.hoursAgo === undefined ? null : hour - fields.hoursAgo,
          overrides: fields.overrides === undefined ? null : JSON.stringify(fields.overrides),
        })
        .where('email', '=', email)
        .execute()
    }
  })
  afterAll(() => server.close())

  const found = async (query: string): Promise<string[]> => {
    const { users } = (await admin(server, 'GET', `?limit=200&sort=email&${query}`)).json()
    return users.map(({ email }: { email: string }) => email.replace('@example.com', ''))
  }

  it.each([
    [
      'plan=pro&disabled=false',
      ['pro-below', 'pro-last-month', 'pro-lifted', 'pro-near', 'pro-reached', 'pro-tightened'],
    ],
    ['plan=nowhere', []],
    ['plan=%00', []],
    ['plan=it%27s', []],
    ['standing=near', ['gone', 'near', 'pro-blocked', 'pro-near', 'pro-reached', 'pro-tightened', 'reached']],
    ['standing=reached', ['gone', 'pro-blocked', 'pro-reached', 'pro-tightened', 'reached']],
    ['standing=reached&plan=free', ['gone', 'reached']],
    ['standing=reached&disabled=false', ['pro-reached', 'pro-tightened', 'reached']],
    ['disabled=true', ['gone', 'pro-blocked']],
    ['role=admin', ['admin']],
    ['role=member&search=pro&standing=near&disabled=false', ['pro-near', 'pro-reached', 'pro-tightened']],
    ['inactiveDays=30', ['admin', 'fresh', 'pro-blocked', 'pro-last-month']],
    ['inactiveDays=32&plan=pro', ['pro-blocked']],
    ['inactiveDays=3650', ['fresh', 'pro-blocked']],
    ['email=NEAR@example.com&standing=near', ['near']],
    ['email=near@example.com&standing=reached', []],
  ])('find with ?%s exactly whom they mean', async (query, emails) => {
    expect(await found(query)).toEqual(emails)
  })

  it.each([
    'standing=far',
    'disabled=maybe',
    'disabled=',
    'inactiveDays=0',
    'inactiveDays=3651',
    'inactiveDays=1.5',
    'inactiveDays=soon',
    'role=owner',
    `plan=${'p'.repeat(65)}`,
    'cursor=WyJsYXN0VXNlZEF0IiwiYXNjIiwiIiwiMDE5YWIyYzQtNWQ2ZS03ZjgwLTlhMWItMmMzZDRlNWY2MDcxIl0&sort=lastUsedAt',
  ])('refuse ?%s', async (query) => {
    expect((await admin(server, 'GET', `?${query}`)).statusCode).toBe(400)
  })

  it.each(
    ['createdAt', 'email', 'promptCount', 'tokenCount', 'costMicros', 'lastUsedAt'].flatMap((sort) => [
      [sort, 'asc'],
      [sort, 'desc'],
    ]),
  )('show everybody once and in order, page by page, by %s %s', async (sort, order) => {
    for (const filter of [{}, { search: '@example.com' }]) {
      const pages = await readPages(server, {
        sort: sort as string,
        order: order as string,
        limit: '4',
        ...filter,
      })
      const users = pages.flat() as unknown as Record<string, string | number | null>[]
      expect(users.map(({ email }) => email).toSorted()).toEqual(Object.keys(PEOPLE).toSorted())
      // Never comes before every time.
      const values = users.map((user) => user[sort as string] ?? '')
      const sorted = values.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0))
      expect(values).toEqual(order === 'asc' ? sorted : sorted.toReversed())
    }
  })

  it('and tell of each user when usage was last counted, and which share of a limit is used', async () => {
    const [user] = (await admin(server, 'GET', '?email=near@example.com')).json().users
    expect(user).toMatchObject({ usedShare: 0.8, lastUsedAt: expect.stringMatching(/:00:00\.000Z$/) })
    const [never] = (await admin(server, 'GET', '?email=fresh@example.com')).json().users
    expect(never).toMatchObject({ usedShare: 0, lastUsedAt: null })
  })
})

describeOnBothEngines('when a user was last active', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const lastUsedAt = async (email: string): Promise<string | null> =>
    (await admin(server, 'GET', `?email=${email}`)).json().users[0].lastUsedAt

  it('is the hour of usage and of corrections, whatever time these amend, and never that of an import', async () => {
    const { token } = await addUser(server, { email: 'usage@example.com' })
    const { user } = await addUser(server, { email: 'correction@example.com' })
    const rows = [{ email: 'import@example.com', promptCount: 7, createdAt: '2026-01-05T10:00:00Z' }]
    expect(await lastUsedAt('usage@example.com')).toBeNull()
    const before = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
    await server.track(token, { usage: 1 })
    await admin(server, 'POST', `/${user.id}/corrections`, {
      usage: 3,
      reason: 'late',
      occurredAt: '2026-01-05T10:00:00Z',
    })
    await admin(server, 'POST', '/import', { rows })
    for (const email of ['usage@example.com', 'correction@example.com']) {
      const at = Date.parse((await lastUsedAt(email)) as string)
      expect(at).toBeGreaterThanOrEqual(before)
      expect(at).toBeLessThanOrEqual(Date.now())
    }
    expect(await lastUsedAt('import@example.com')).toBeNull()
  })
})
