import { randomUUID } from 'node:crypto'
import {
  type Limit,
  MAX_COUNT,
  METERS,
  NEAR_LIMIT_SHARE,
  type Overrides,
  WINDOWS,
} from '@promptmeter/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseConfig } from '../src/config/config.ts'
import type { Database } from '../src/database/database.ts'
import { openDatabase } from '../src/database/open-database.ts'
import { type Amounts, NOTHING, withBegun } from '../src/quotas/amounts.ts'
import { usedOf, usedShareOf } from '../src/quotas/limit-standing.ts'
import { type Plan, termsOf } from '../src/quotas/plan.ts'
import { hourOf, RESETTING_WINDOWS, type ResettingWindow, windowsBegunSince } from '../src/quotas/window.ts'
import { standingCondition } from '../src/users/standing-statements.ts'
import { createTestDatabase, describeOnBothEngines, type TestDatabase } from './support/test-database.ts'

/** A user as a row of the table, in so far as it tells where they stand. */
interface Standee {
  readonly plan: string
  readonly threshold: number | null
  readonly overrides: Overrides | null
  readonly total: Amounts
  readonly windows: Readonly<Record<ResettingWindow, Amounts>>
  readonly countedHour: number | null
}

const UNLIMITED: Omit<Plan, 'name'> = {
  limits: [],
  allowedModels: null,
  requestsPerMinute: null,
  concurrentCalls: null,
  defaultMaxTokens: null,
}

const PLANS = ['free', 'pro', 'team'] as const

/** Small ones, so that use and amount meet often, and those where rounding would show. */
const amount = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 30 }) },
  { weight: 3, arbitrary: fc.constantFrom(0, 1000, MAX_COUNT, MAX_COUNT, MAX_COUNT - 1, MAX_COUNT - 2) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: MAX_COUNT }) },
)
/** A correction may bring a window below zero. */
const windowCount = fc.oneof({ weight: 3, arbitrary: amount }, fc.integer({ min: -20, max: -1 }))
const amountsOf = (count: fc.Arbitrary<number>) => fc.record({ prompts: count, tokens: count, cost: count })

const limitsOf = (window: (typeof WINDOWS)[number][], most: number) =>
  fc.uniqueArray(
    fc.record({ meter: fc.constantFrom(...METERS), window: fc.constantFrom(...window), amount }),
    { maxLength: most, selector: ({ meter, window }) => `${meter}/${window}` },
  )

const overrides: fc.Arbitrary<Overrides> = fc.oneof(
  fc.constant<Overrides>({}),
  fc.constant<Overrides>({ requestsPerMinute: 5, allowedModels: ['m'] }),
  fc
    .tuple(limitsOf([...WINDOWS], 3), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .map(([limits, lifted]) => ({
      limits: limits
        // Set as the threshold, never as an override.
        .filter(({ meter, window }) => !(meter === 'prompts' && window === 'lifetime'))
        .map((limit, index) => ({ ...limit, amount: lifted[index] ? null : limit.amount })),
    })),
)

/** Near the ends of all windows, too. */
const now = fc
  .oneof(
    fc.constantFrom(
      '2026-11-30T23:59:59.999Z',
      '2026-12-01T00:00:00Z',
      '2027-02-28T23:30:00Z',
      '2026-11-23T00:00:00Z',
    ),
    fc
      .date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true })
      .map((at) => at.toISOString()),
  )
  .map((text) => new Date(text))

const hoursAgo = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: -30, max: 200 }) },
  fc.integer({ min: -800, max: 9000 }),
)

const standee = (at: Date): fc.Arbitrary<Standee> =>
  fc.record({
    plan: fc.constantFrom(...PLANS),
    threshold: fc.option(amount, { freq: 3 }),
    overrides: fc.option(overrides, { freq: 2 }),
    total: amountsOf(amount),
    windows: fc.record({
      hour: amountsOf(windowCount),
      day: amountsOf(windowCount),
      week: amountsOf(windowCount),
      month: amountsOf(windowCount),
    }),
    countedHour: fc.option(
      hoursAgo.map((hours) => hourOf(at) - hours),
      { freq: 8 },
    ),
  })

const plan = (name: string): fc.Arbitrary<Plan> =>
  limitsOf([...WINDOWS], 3).map((limits) => ({ ...UNLIMITED, name, limits }))

const situation = now.chain((at) =>
  fc.record({
    at: fc.constant(at),
    plans: fc.tuple(...PLANS.map(plan)),
    standees: fc.array(standee(at), { minLength: 20, maxLength: 60 }),
  }),
)

/** Where the rules in TypeScript see a user. */
function standingsOf(user: Standee, plans: readonly Plan[], at: Date) {
  const terms = termsOf(plans.find(({ name }) => name === user.plan) as Plan, user.overrides, user.threshold)
  const windows = withBegun(user.windows, windowsBegunSince(user.countedHour, hourOf(at)))
  const use = { total: user.total, windows }
  const meets = (limit: Limit, by: bigint, of: bigint) =>
    BigInt(usedOf(limit, use)) * by >= BigInt(limit.amount) * of
  const near = terms.limits.some((limit) => meets(limit, 5n, 4n))
  const reached = terms.limits.some((limit) => meets(limit, 1n, 1n))
  const share = usedShareOf(terms.limits, use) ?? -1
  // A quotient is rounded: of amounts near 2^53 it is no proof.
  const exact = terms.limits.every((limit) => limit.amount < 2 ** 50)
  if (exact) expect({ near: share >= NEAR_LIMIT_SHARE, reached: share >= 1 }).toEqual({ near, reached })
  return { near, reached }
}

describeOnBothEngines('the standing of users', (engine) => {
  let testDatabase: TestDatabase
  let database: Database
  beforeAll(async () => {
    testDatabase = await createTestDatabase(engine)
    database = (await openDatabase(parseConfig(testDatabase.environment), () => {})).database
    const limits = JSON.stringify([])
    const values = PLANS.slice(1).map((name) => ({ name, limits }))
    await database.kysely.insertInto('plans').values(values).execute()
  })
  afterAll(async () => {
    await database.close()
    await testDatabase.remove()
  })

  async function add(standees: readonly Standee[]): Promise<string[]> {
    const rows = standees.map(({ plan, threshold, overrides, total, windows, countedHour }) => {
      const id = randomUUID()
      const counts = RESETTING_WINDOWS.flatMap((window) => [
        [`${window}_prompts`, windows[window].prompts],
        [`${window}_tokens`, windows[window].tokens],
        [`${window}_cost_micros`, windows[window].cost],
      ])
      return {
        id,
        email: `${id}@example.com`,
        plan,
        threshold,
        overrides: overrides && JSON.stringify(overrides),
        prompt_count: total.prompts,
        token_count: total.tokens,
        cost_micros: total.cost,
        counted_hour: countedHour,
        ...Object.fromEntries(counts),
      }
    })
    await database.kysely.deleteFrom('users').execute()
    await database.kysely.insertInto('users').values(rows).execute()
    return rows.map(({ id }) => id)
  }

  /** Where the database sees each of them. */
  async function readStandings(standees: readonly Standee[], plans: readonly Plan[], at: Date) {
    const ids = await add(standees)
    const rows = await database.kysely
      .selectFrom('users')
      .select(({ eb }) => [
        'id',
        eb.cast<boolean>(standingCondition('near', plans, at), 'boolean').as('near'),
        eb.cast<boolean>(standingCondition('reached', plans, at), 'boolean').as('reached'),
      ])
      .execute()
    const found = new Map(rows.map(({ id, ...standing }) => [id, standing]))
    return ids.map((id) => found.get(id))
  }

  it('is the same to SQL as to the rules that answer users, of any plans, overrides, thresholds and counts', async () => {
    await fc.assert(
      fc.asyncProperty(situation, async ({ at, plans, standees }) => {
        const standings = await readStandings(standees, plans, at)
        for (const [index, user] of standees.entries()) {
          expect(standings[index], JSON.stringify(user)).toEqual(standingsOf(user, plans, at))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('is that of nobody by an amount that is no limit, and of everybody by one of 0', async () => {
    const at = new Date('2026-11-23T10:00:00Z')
    const most = { prompts: MAX_COUNT, tokens: MAX_COUNT, cost: MAX_COUNT }
    const below = { prompts: -3, tokens: -3, cost: -3 }
    const user = (amount: number | null, total: Amounts, window: Amounts, limit: object): Standee => ({
      plan: 'free',
      threshold: null,
      overrides: { limits: [{ meter: 'tokens', window: 'day', ...limit, amount }] },
      total,
      windows: { hour: window, day: window, week: window, month: window },
      countedHour: hourOf(at),
    })
    const standees = [
      user(0, NOTHING, below, {}),
      user(0, NOTHING, NOTHING, { window: 'lifetime' }),
      user(MAX_COUNT, most, most, {}),
      user(null, most, most, { window: 'lifetime' }),
    ]
    const plans = PLANS.map((name) => ({ ...UNLIMITED, name }))
    const standings = await readStandings(standees, plans, at)
    expect(standings).toEqual(standees.map((one) => standingsOf(one, plans, at)))
    expect(standings.map((standing) => standing?.reached)).toEqual([true, true, false, false])
  })
})
