import {
  type AdminUserResponse,
  METERS,
  NEAR_LIMIT_SHARE,
  type PlanPreviewResponse,
  WINDOWS,
} from '@promptmeter/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addUser, admin, askAdmin, readPages } from './support/admin-requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const forLife = (amount: number) => ({ meter: 'prompts', window: 'lifetime', amount })

describeOnBothEngines('POST /api/admin/plans/:name/preview', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const ask = (name: string, body: unknown) => askAdmin(server, 'POST', `/plans/${name}/preview`, body)
  const preview = async (name: string, limits: readonly unknown[]): Promise<PlanPreviewResponse> => {
    const answer = await ask(name, { limits })
    expect(answer.statusCode, answer.body).toBe(200)
    return answer.json()
  }
  const put = (name: string, body: unknown) => askAdmin(server, 'PUT', `/plans/${name}`, body)

  /** Where everybody who has the plan stands, as the list of users says. */
  async function standingsIn(plan: string) {
    const users = (await readPages(server, { limit: '200', sort: 'email' })).flat() as AdminUserResponse[]
    return users
      .filter((user) => user.plan === plan)
      .map(({ id, email, usedShare }) => ({
        id,
        email,
        near: usedShare !== null && usedShare >= NEAR_LIMIT_SHARE,
        reached: usedShare !== null && usedShare >= 1,
      }))
  }

  it('says what is true before and after the plan is put so', async () => {
    await put('tried', { limits: [forLife(5)] })
    const overrides = [
      { limits: [{ meter: 'tokens', window: 'day', amount: 30 }] },
      { limits: [{ meter: 'tokens', window: 'lifetime', amount: null }] },
      { allowedModels: ['gpt-5'] },
    ]
    for (let person = 0; person < 14; person++) {
      const { user, token } = await addUser(server, {
        plan: person === 13 ? 'free' : 'tried',
        ...(person % 4 === 3 && { threshold: person }),
      })
      await admin(server, 'PATCH', `/${user.id}`, {
        ...(person % 3 === 2 && { overrides: overrides[(person - 2) / 3] ?? null }),
      })
      await server.track(token, { usage: person, tokenCount: 5 * person })
    }
    const amounts = fc.constantFrom(0, 1, 4, 5, 8, 10, 12, 20, 50, 60, Number.MAX_SAFE_INTEGER)
    const limits = fc.uniqueArray(
      fc.record({
        meter: fc.constantFrom(...METERS),
        window: fc.constantFrom(...WINDOWS),
        amount: amounts,
      }),
      { selector: ({ meter, window }) => `${meter}/${window}`, maxLength: 4 },
    )
    await fc.assert(
      fc.asyncProperty(limits, async (changed) => {
        const told = await preview('tried', changed)
        const before = await standingsIn('tried')
        expect((await put('tried', { limits: changed })).statusCode).toBe(200)
        const after = await standingsIn('tried')
        const count = (standings: typeof before, standing: 'near' | 'reached') =>
          standings.filter((user) => user[standing]).length
        const wasReached = new Map(before.map(({ id, reached }) => [id, reached]))
        const newly = after.filter(({ id, reached }) => reached && !wasReached.get(id))
        expect(told).toEqual({
          userCount: 13,
          before: { near: count(before, 'near'), reached: count(before, 'reached') },
          after: { near: count(after, 'near'), reached: count(after, 'reached') },
          newlyReached: newly.map(({ id, email }) => ({ id, email })),
          newlyReachedCount: newly.length,
          newlyFreedCount: after.filter(({ id, reached }) => !reached && wasReached.get(id)).length,
        })
      }),
      { numRuns: 12 },
    )
  })

  it('names the first 20 by address of whom it would stop, and counts all', async () => {
    await put('crowded', { limits: [] })
    for (let person = 22; person > 0; person--)
      await addUser(server, {
        plan: 'crowded',
        email: `crowd-${String(person).padStart(2, '0')}@example.com`,
      })
    const told = await preview('crowded', [forLife(0)])
    expect(told).toMatchObject({ userCount: 22, newlyReachedCount: 22, newlyFreedCount: 0 })
    expect(told.newlyReached.map(({ email }) => email)).toEqual(
      Array.from({ length: 20 }, (_, index) => `crowd-${String(index + 1).padStart(2, '0')}@example.com`),
    )
  })

  it('of a plan that is not there concerns nobody, and makes none', async () => {
    expect(await preview('not-there', [forLife(0)])).toEqual({
      userCount: 0,
      before: { near: 0, reached: 0 },
      after: { near: 0, reached: 0 },
      newlyReached: [],
      newlyReachedCount: 0,
      newlyFreedCount: 0,
    })
    expect((await askAdmin(server, 'GET', '/plans/not-there')).statusCode).toBe(404)
  })

  it('changes nothing, and the audit log says nothing of it', async () => {
    await put('kept', { limits: [forLife(3)], requestsPerMinute: 9 })
    const state = async () => [
      (await askAdmin(server, 'GET', '/plans')).json(),
      (await askAdmin(server, 'GET', '/audit')).json(),
      await server.database.kysely.selectFrom('users').selectAll().orderBy('id').execute(),
    ]
    const before = await state()
    await preview('kept', [forLife(0)])
    expect(await state()).toEqual(before)
  })

  it.each<[string, unknown]>([
    ['pro', { limits: [forLife(1), forLife(2)] }],
    ['pro', { limits: [{ ...forLife(1), window: 'year' }] }],
    ['pro', { limits: [forLife(-1)] }],
    ['pro', { limits: [], price: 1 }],
    ['pro', {}],
    ['pro', []],
    ['Pro', { limits: [] }],
    ['-', { limits: [] }],
    ['p%00', { limits: [] }],
    ['p'.repeat(65), { limits: [] }],
  ])('is refused as the change itself would be: %s %j', async (name, body) => {
    const [told, changed] = [await ask(name, body), await put(name, body)]
    expect(told.statusCode).toBe(400)
    expect([told.statusCode, told.json()]).toEqual([changed.statusCode, changed.json()])
  })
})
