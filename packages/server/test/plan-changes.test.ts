import { MAX_COUNT } from '@promptmeter/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addUser, admin, askAdmin } from './support/admin-requests.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { getMe } from './support/requests.ts'
import { describeOnBothEngines } from './support/test-database.ts'

let names = 0

describeOnBothEngines('a limit', (engine) => {
  let replicas: Replicas
  beforeAll(async () => {
    replicas = await startReplicas(engine, 2)
  })
  afterAll(() => replicas.close())

  const put = (name: string, limits: readonly unknown[]) =>
    askAdmin(replicas.at(0), 'PUT', `/plans/${name}`, { limits })

  /** A plan of these limits and a user who has it, known to every replica. */
  async function addUserOf(limits: readonly unknown[]) {
    const plan = `plan-${++names}`
    await put(plan, limits)
    const { user, token } = await addUser(replicas.at(0), { plan })
    const track = async (replica: number, usage = 1) =>
      (await replicas.at(replica).track(token, { usage })).json()
    await track(0, 0)
    await track(1, 0)
    const change = (body: unknown) => admin(replicas.at(0), 'PATCH', `/${user.id}`, body)
    const limitsOf = async () => (await admin(replicas.at(1), 'GET', `/${user.id}/limits`)).json().limits
    return { plan, user, token, track, change, limitsOf }
  }

  const forLife = (amount: number) => ({ meter: 'prompts', window: 'lifetime', amount })
  const inMonth = (amount: number | null) => ({ meter: 'prompts', window: 'month', amount })
  const inDay = (amount: number | null) => ({ meter: 'prompts', window: 'day', amount })

  it('of a plan holds as changed from the very next call of /trackUsage, on every replica', async () => {
    const { plan, track } = await addUserOf([forLife(5)])
    expect(await track(1)).toMatchObject({ currentPromptCount: 1, threshold: 5, remaining: 4 })
    await put(plan, [forLife(2)])
    expect(await track(1)).toMatchObject({ threshold: 2, remaining: 0, exceeded: false })
    await put(plan, [forLife(1)])
    expect(await track(0)).toMatchObject({ threshold: 1, remaining: 0, exceeded: true })
    await put(plan, [])
    expect(await track(1)).toMatchObject({ threshold: MAX_COUNT, exceeded: false })
    await put(plan, [inMonth(9)])
    // 4 were used in the month before it was limited: they count.
    expect(await track(1)).toMatchObject({ currentPromptCount: 5, threshold: 9, remaining: 4 })
  })

  it('of a plan that a user has got holds from the very next call, on every replica', async () => {
    const { track, change } = await addUserOf([forLife(5)])
    const { plan } = await addUserOf([forLife(7)])
    await change({ plan })
    expect(await track(1)).toMatchObject({ threshold: 7 })
    expect(await track(0)).toMatchObject({ threshold: 7 })
  })

  it('on windows alone is told as the count and the least that is left', async () => {
    const { track, limitsOf } = await addUserOf([inMonth(10), inDay(5), { ...inMonth(1), meter: 'tokens' }])
    expect(await track(0, 3)).toMatchObject({ currentPromptCount: 3, threshold: 5, remaining: 2 })
    expect(await track(1, 4)).toMatchObject({ currentPromptCount: 7, threshold: 7, remaining: 0 })
    expect(await limitsOf()).toHaveLength(3)
  })

  it('for life is told as it is, whatever windows limit besides', async () => {
    const { track } = await addUserOf([inDay(1), forLife(20)])
    expect(await track(0, 3)).toMatchObject({ threshold: 20, remaining: 17 })
  })

  it.each([
    ['nothing', []],
    ['tokens and cost alone', ['tokens', 'cost'].map((meter) => ({ ...forLife(1), meter }))],
  ])('on %s is told as 2^53 - 1', async (_, limits) => {
    const { track } = await addUserOf(limits)
    expect(await track(0, 3)).toMatchObject({
      threshold: MAX_COUNT,
      remaining: MAX_COUNT - 3,
      exceeded: false,
    })
  })

  it('of the plan for life gives way to the threshold of a user, and comes back with null', async () => {
    const { track, change, limitsOf } = await addUserOf([forLife(5), inMonth(8)])
    await change({ threshold: 3 })
    expect(await track(1)).toMatchObject({ threshold: 3, remaining: 2 })
    expect((await limitsOf()).map(({ amount }: { amount: number }) => amount)).toEqual([3, 8])
    await change({ threshold: MAX_COUNT })
    // Lifted for life, the month is what limits.
    expect(await track(0)).toMatchObject({ threshold: 8, remaining: 6 })
    await change({ threshold: null })
    expect(await track(1)).toMatchObject({ threshold: 5, remaining: 2 })
  })

  it('of the plan is replaced, lifted or joined by the overrides of a user, at once', async () => {
    const { track, change, limitsOf } = await addUserOf([inMonth(10), { ...inMonth(500), meter: 'tokens' }])
    await change({ overrides: { limits: [inMonth(4), { meter: 'cost', window: 'week', amount: 100 }] } })
    expect(await track(1)).toMatchObject({ threshold: 4 })
    expect(await limitsOf()).toMatchObject([
      inMonth(4),
      { meter: 'tokens', window: 'month', amount: 500 },
      { meter: 'cost', window: 'week', amount: 100 },
    ])
    await change({ overrides: { limits: [inMonth(null), { ...inMonth(null), meter: 'tokens' }] } })
    expect(await track(0)).toMatchObject({ threshold: MAX_COUNT })
    expect(await limitsOf()).toEqual([])
    await change({ overrides: { limits: [inDay(100)] } })
    expect(await track(1)).toMatchObject({ threshold: 10 })
    await change({ overrides: null })
    expect(await track(1)).toMatchObject({ threshold: 10, remaining: 6 })
  })

  it('is shown to the operator as to the user, with what was used of it', async () => {
    const { user, token, limitsOf } = await addUserOf([forLife(5), { ...inMonth(100), meter: 'tokens' }])
    await replicas.at(0).track(token, { usage: 2, tokenCount: 130 })
    const limits = await limitsOf()
    expect(limits).toEqual([
      { ...forLife(5), used: 2, held: 0, remaining: 3, windowStart: null, resetsAt: null },
      {
        ...inMonth(100),
        meter: 'tokens',
        used: 130,
        held: 0,
        remaining: 0,
        windowStart: expect.stringMatching(/-01T00:00:00\.000Z$/),
        resetsAt: expect.stringMatching(/-01T00:00:00\.000Z$/),
      },
    ])
    expect((await getMe(replicas.at(1), token)).json().limits).toEqual(limits)
    expect((await admin(replicas.at(0), 'GET', `/${user.id}`)).json()).toMatchObject({ threshold: 5 })
  })
})
