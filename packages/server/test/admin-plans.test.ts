import { MAX_COUNT, MAX_PLAN_MODELS, METERS, type PlanRequest, WINDOWS } from '@promptmeter/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addUser, admin, askAdmin } from './support/admin-requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const EVERY_LIMIT = METERS.flatMap((meter) =>
  WINDOWS.map((window, index) => ({ meter, window, amount: MAX_COUNT - index })),
)
const ONE = { meter: 'tokens', window: 'day', amount: 5 }

describeOnBothEngines('the plans of the admin API', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const put = (name: string, body: unknown) => askAdmin(server, 'PUT', `/plans/${name}`, body)
  const get = async (name: string) => (await askAdmin(server, 'GET', `/plans/${name}`)).json()
  const remove = (name: string) => askAdmin(server, 'DELETE', `/plans/${name}`)

  it('hold the built-in one, which may be changed and never deleted', async () => {
    // Before anybody has it, who alone would keep it from being deleted.
    expect(await get('free')).toMatchObject({ userCount: 0 })
    const refused = await remove('free')
    expect(refused.statusCode).toBe(409)
    expect(refused.json()).toMatchObject({ code: 'plan_in_use' })
    const { limits } = await get('free')
    expect(limits).toEqual([{ meter: 'prompts', window: 'lifetime', amount: 10 }])
    await put('free', { limits: [ONE] })
    expect(await get('free')).toMatchObject({ limits: [ONE] })
    await put('free', { limits })
  })

  it('are created with what was sent, and what was left out does not bound', async () => {
    const body = { limits: [ONE], requestsPerMinute: 60 }
    const answer = await put('created', body)
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({
      name: 'created',
      limits: [ONE],
      allowedModels: null,
      requestsPerMinute: 60,
      concurrentCalls: null,
      defaultMaxTokens: null,
      userCount: 0,
      updatedAt: expect.stringMatching(/Z$/),
    })
    expect(await get('created')).toEqual(answer.json())
  })

  it('are replaced as a whole', async () => {
    await put('replaced', {
      limits: [ONE],
      allowedModels: ['gpt-5*'],
      requestsPerMinute: 1,
      concurrentCalls: 2,
      defaultMaxTokens: 16,
    })
    const before = await get('replaced')
    expect(before).toMatchObject({ allowedModels: ['gpt-5*'], concurrentCalls: 2, defaultMaxTokens: 16 })
    const replaced = (await put('replaced', { limits: [], concurrentCalls: 3 })).json()
    expect(replaced).toEqual({
      ...before,
      limits: [],
      allowedModels: null,
      requestsPerMinute: null,
      concurrentCalls: 3,
      defaultMaxTokens: null,
      updatedAt: expect.any(String),
    })
    expect(Date.parse(replaced.updatedAt)).toBeGreaterThanOrEqual(Date.parse(before.updatedAt))
  })

  it('may be as large as there can be one, and come back the same', async () => {
    const body: PlanRequest = {
      limits: EVERY_LIMIT,
      allowedModels: Array.from({ length: MAX_PLAN_MODELS }, (_, index) => '🙂*"\\\''.repeat(21) + index),
      requestsPerMinute: 1_000_000,
      concurrentCalls: 10_000,
      defaultMaxTokens: 10_000_000,
    }
    const name = `z${'-'.repeat(62)}z`
    expect((await put(name, body)).json()).toMatchObject({ name, ...body })
    expect(await get(name)).toMatchObject(body)
  })

  it('are listed by name with how many users have each', async () => {
    await put('b-listed', { limits: [] })
    await put('a-listed', { limits: [] })
    await addUser(server, { plan: 'a-listed' })
    const { user } = await addUser(server, { plan: 'a-listed' })
    const listed = async () => {
      const { plans } = (await askAdmin(server, 'GET', '/plans')).json()
      return plans.flatMap(({ name, userCount }: { name: string; userCount: number }) =>
        name.endsWith('-listed') ? [`${name} ${userCount}`] : [],
      )
    }
    expect(await listed()).toEqual(['a-listed 2', 'b-listed 0'])
    await admin(server, 'PATCH', `/${user.id}`, { plan: 'b-listed' })
    expect(await listed()).toEqual(['a-listed 1', 'b-listed 1'])
    await admin(server, 'DELETE', `/${user.id}`)
    expect(await listed()).toEqual(['a-listed 1', 'b-listed 0'])
    expect((await put('a-listed', { limits: [ONE] })).json()).toMatchObject({ userCount: 1 })
  })

  it('that users have cannot be deleted, and the others can', async () => {
    await put('had', { limits: [] })
    const { user } = await addUser(server, { plan: 'had' })
    const refused = await remove('had')
    expect(refused.statusCode).toBe(409)
    expect(refused.json()).toMatchObject({ code: 'plan_in_use' })
    expect(await get('had')).toMatchObject({ userCount: 1 })
    expect((await admin(server, 'GET', `/${user.id}`)).json()).toMatchObject({ plan: 'had' })
    await admin(server, 'PATCH', `/${user.id}`, { plan: 'free' })
    expect((await remove('had')).statusCode).toBe(204)
    expect(await get('had')).toMatchObject({ code: 'plan_not_found' })
    expect((await remove('had')).json()).toMatchObject({ code: 'plan_not_found' })
  })

  it('are had by somebody or deleted, never both, however close the two come', async () => {
    for (let round = 0; round < 15; round++) {
      const name = `raced-${round}`
      await put(name, { limits: [] })
      const [added, removed] = await Promise.all([
        admin(server, 'POST', '', { email: `raced-${round}@example.com`, plan: name }),
        remove(name),
      ])
      const outcome = [added.statusCode, removed.statusCode]
      expect([[201, 409].join(), [404, 204].join()]).toContain(outcome.join())
      expect((await askAdmin(server, 'GET', `/plans/${name}`)).statusCode).toBe(
        outcome[0] === 201 ? 200 : 404,
      )
    }
  })

  it.each(['Pro', '-pro', 'pro-', '.', 'p%20ro', 'p%2Fro', 'pro%0A', '%00', 'pr%C3%B6', 'x'.repeat(65), ''])(
    'of the name %j are neither there nor taken',
    async (name) => {
      const taken = await put(name, { limits: [] })
      expect(taken.statusCode).toBe(400)
      expect(taken.json()).toMatchObject({ code: 'invalid_request' })
      for (const answer of [await askAdmin(server, 'GET', `/plans/${name}`), await remove(name)]) {
        expect(answer.statusCode).toBe(404)
        expect(answer.json()).toMatchObject({ code: 'plan_not_found' })
      }
    },
  )

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['no limits', {}],
    ['limits that are null', { limits: null }],
    ['limits that are an object', { limits: { ...ONE } }],
    ['a limit without a meter', { limits: [{ window: 'day', amount: 5 }] }],
    ['a limit without a window', { limits: [{ meter: 'tokens', amount: 5 }] }],
    ['a limit without an amount', { limits: [{ meter: 'tokens', window: 'day' }] }],
    ['an unknown meter', { limits: [{ ...ONE, meter: 'words' }] }],
    ['an unknown window', { limits: [{ ...ONE, window: 'year' }] }],
    ['an unknown field of a limit', { limits: [{ ...ONE, per: 'user' }] }],
    ['a negative amount', { limits: [{ ...ONE, amount: -1 }] }],
    ['a fraction', { limits: [{ ...ONE, amount: 1.5 }] }],
    ['an amount as text', { limits: [{ ...ONE, amount: '5' }] }],
    ['an amount that is null', { limits: [{ ...ONE, amount: null }] }],
    ['an amount past what JSON carries', { limits: [{ ...ONE, amount: MAX_COUNT + 1 }] }],
    ['the same limit twice', { limits: [ONE, { ...ONE, meter: 'cost' }, { ...ONE, amount: 6 }] }],
    ['more limits than there are', { limits: [...EVERY_LIMIT, ONE] }],
    ['a model that is no text', { limits: [], allowedModels: [5] }],
    ['an empty model', { limits: [], allowedModels: [''] }],
    ['NUL in a model', { limits: [], allowedModels: ['gpt\u0000'] }],
    ['half a surrogate pair in a model', { limits: [], allowedModels: ['gpt\ud800'] }],
    ['a model of 129 characters', { limits: [], allowedModels: ['m'.repeat(129)] }],
    ['a model without a list', { limits: [], allowedModels: 'gpt-5' }],
    ['too many models', { limits: [], allowedModels: Array(MAX_PLAN_MODELS + 1).fill('m') }],
    ['0 requests a minute', { limits: [], requestsPerMinute: 0 }],
    ['too many requests a minute', { limits: [], requestsPerMinute: 1_000_001 }],
    ['requests as text', { limits: [], requestsPerMinute: '60' }],
    ['0 calls at once', { limits: [], concurrentCalls: 0 }],
    ['too many calls at once', { limits: [], concurrentCalls: 10_001 }],
    ['15 tokens', { limits: [], defaultMaxTokens: 15 }],
    ['too many tokens', { limits: [], defaultMaxTokens: 10_000_001 }],
    ['another name', { limits: [], name: 'other' }],
    ['an unknown field', { limits: [], users: 5 }],
  ])('are not made of %s', async (_, body) => {
    const answer = await put('bad', body)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'invalid_request' })
    expect(await get('bad')).toMatchObject({ code: 'plan_not_found' })
  })
})

describeOnBothEngines('the plan of a user', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
    await askAdmin(server, 'PUT', '/plans/pro', { limits: [] })
  })
  afterAll(() => server.close())

  it('is the one named when they are added, else the built-in one', async () => {
    expect((await addUser(server, { plan: 'pro' })).user).toMatchObject({ plan: 'pro' })
    expect((await addUser(server)).user).toMatchObject({ plan: 'free' })
  })

  it('must be there: nobody is added to another, nor changed to it', async () => {
    const added = await admin(server, 'POST', '', { email: 'nowhere@example.com', plan: 'nowhere' })
    expect(added.statusCode).toBe(404)
    expect(added.json()).toMatchObject({ code: 'plan_not_found' })
    expect((await admin(server, 'GET', '?email=nowhere@example.com')).json().users).toEqual([])
    const { user } = await addUser(server)
    const changed = await admin(server, 'PATCH', `/${user.id}`, { plan: 'nowhere', disabled: true })
    expect(changed.statusCode).toBe(404)
    expect(changed.json()).toMatchObject({ code: 'plan_not_found' })
    expect((await admin(server, 'GET', `/${user.id}`)).json()).toEqual(user)
  })

  it.each([
    ['a plan of no name', { plan: '' }],
    ['a plan that is null', { plan: null }],
    ['a name that cannot be one', { plan: 'Pro\u0000' }],
    ['the same override twice', { overrides: { limits: [ONE, { ...ONE, amount: null }] } }],
    [
      'the threshold as an override',
      { overrides: { limits: [{ meter: 'prompts', window: 'lifetime', amount: 5 }] } },
    ],
    ['an override without an amount', { overrides: { limits: [{ meter: 'tokens', window: 'day' }] } }],
    ['an override of nothing known', { overrides: { threshold: 5 } }],
    ['overrides that are a list', { overrides: [] }],
    ['an override out of range', { overrides: { concurrentCalls: 0 } }],
  ])('and what they have instead of it is not changed by %s', async (_, body) => {
    const { user } = await addUser(server, { plan: 'pro' })
    const answer = await admin(server, 'PATCH', `/${user.id}`, body)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'invalid_request' })
    expect((await admin(server, 'GET', `/${user.id}`)).json()).toEqual(user)
  })

  describe('and their overrides', () => {
    it('come back as they were sent, are replaced as a whole, and stay when the plan changes', async () => {
      const { user } = await addUser(server, { plan: 'pro' })
      const change = async (body: unknown) => (await admin(server, 'PATCH', `/${user.id}`, body)).json()
      const overrides = {
        limits: [ONE, { meter: 'cost', window: 'month', amount: null }],
        allowedModels: ['gpt-5*'],
        requestsPerMinute: null,
        defaultMaxTokens: 100,
      }
      // Of the plan nothing was limited; now a limit is there, of which nothing is used.
      expect(await change({ overrides })).toEqual({ ...user, overrides, usedShare: 0 })
      expect(await change({ plan: 'free' })).toMatchObject({ plan: 'free', overrides })
      expect(await change({ overrides: { concurrentCalls: 1 } })).toMatchObject({
        overrides: { concurrentCalls: 1 },
      })
      expect((await change({ overrides: { concurrentCalls: 1 } })).overrides).toEqual({ concurrentCalls: 1 })
      expect((await change({ overrides: null })).overrides).toBeNull()
    })
  })
})
