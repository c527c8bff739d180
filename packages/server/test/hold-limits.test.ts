import { describe, expect, it } from 'vitest'
import type { LockedUser } from '../src/ledger/user-account.ts'
import { NO_WINDOW_COUNTS, NOTHING } from '../src/quotas/amounts.ts'
import { lockedUser } from './support/batch-facts.ts'
import { abandonCall, releaseCall, settleCall } from './support/hold-calls.ts'
import { decide, decideHold, existing, hold, limit, NOW, PRICE, track } from './support/hold-situations.ts'

const THIS_MINUTE = Math.floor(NOW.getTime() / 60_000)

describe('a limit', () => {
  const refused = { code: 'insufficient_quota' }

  it('of zero lets no call through, save one that is free where money is limited', () => {
    for (const meter of ['prompts', 'tokens', 'cost'] as const)
      expect(decideHold(hold({ inputTokens: 1 }), { plan: { limits: [limit(meter, 0)] } })).toMatchObject(
        refused,
      )
    expect(decideHold(hold(), { user: { thresholdOverride: 0 } })).toMatchObject(refused)
    const free = [{ ...PRICE, inputMicros: 0, outputMicros: 0 }]
    const outcome = decideHold(hold({ inputTokens: 9 }), {
      plan: { limits: [limit('cost', 0)] },
      prices: free,
    })
    expect(outcome).toMatchObject({ kind: 'held', maxTokens: 4096 })
  })

  it('that /trackUsage overran lets nothing through, not even what weighs nothing', () => {
    const total = { prompts: 50, tokens: 50, cost: 50 }
    for (const meter of ['prompts', 'tokens', 'cost'] as const)
      for (const answers of [0, 1])
        expect(
          decideHold(hold({ answers, inputTokens: 0, maxTokens: 0 }), {
            plan: { limits: [limit(meter, 49)] },
            user: { total },
          }),
        ).toMatchObject(refused)
  })

  it('counts what calls under way hold, in its life and in each window', () => {
    const held = new Map([['u', { prompts: 3, tokens: 80, cost: 80 }]])
    for (const window of ['lifetime', 'month', 'week', 'day', 'hour'] as const) {
      for (const [meter, most] of [
        ['prompts', 4],
        ['tokens', 80 + 16],
        ['cost', 80 + 3 * 16],
      ] as const) {
        const plan = (amount: number) => ({ plan: { limits: [limit(meter, amount, window)] }, held })
        expect(decideHold(hold(), plan(most))).toMatchObject({ kind: 'held' })
        expect(decideHold(hold(), plan(most - 1))).toMatchObject({ ...refused, limit: { window } })
      }
    }
  })

  it('of a window counts only what was used since it began', () => {
    const used = { prompts: 5, tokens: 0, cost: 0 }
    const counts = { hour: used, day: used, week: used, month: used }
    const hoursAgo = (hours: number): Partial<LockedUser> => ({
      countedHour: Math.floor(NOW.getTime() / 3_600_000) - hours,
      windows: { counts, rateMinute: null, rateRequests: 0 },
    })
    const full = (hours: number) =>
      (['hour', 'day', 'week', 'month'] as const).filter((window) => {
        const plan = { limits: [limit('prompts', 5, window)] }
        return decideHold(hold(), { plan, user: hoursAgo(hours) }).kind === 'refused'
      })
    // It is twenty past ten on a Monday, the 23rd.
    expect(full(0)).toEqual(['hour', 'day', 'week', 'month'])
    expect(full(1)).toEqual(['day', 'week', 'month'])
    expect(full(10)).toEqual(['day', 'week', 'month'])
    expect(full(11)).toEqual(['month'])
    expect(full(22 * 24 + 10)).toEqual(['month'])
    expect(full(22 * 24 + 11)).toEqual([])
    // A clock that steps back opens no window again.
    expect(full(-1)).toEqual(['hour', 'day', 'week', 'month'])
  })

  it('sees what earlier calls of the batch used, held and gave back', () => {
    const done = hold()
    const plan = { limits: [limit('prompts', 3)] }
    const calls = [
      hold(),
      track({ prompts: 1 }),
      hold(),
      hold(),
      releaseCall(done),
      hold(),
      hold({ userId: 'other' }),
    ]
    const users = new Map([
      ['u', lockedUser()],
      ['other', lockedUser()],
    ])
    const situation = { plan, users, held: new Map([['u', { ...NOTHING, prompts: 1 }]]), ...existing(done) }
    const kinds = decide(calls, situation).outcomes.map(({ kind }) => kind)
    expect(kinds).toEqual(['held', 'recorded', 'refused', 'refused', 'released', 'held', 'held'])
  })

  it('is not freed by an expired hold, which counted for nothing before', () => {
    const expired = hold()
    const facts = existing(expired, { active: false })
    const held = new Map([['u', { ...NOTHING, prompts: 1 }]])
    for (const end of [releaseCall(expired), abandonCall(expired)]) {
      const { outcomes } = decide([end, hold()], { plan: { concurrentCalls: 1 }, held, ...facts })
      expect(outcomes[1]).toMatchObject({ code: 'concurrency_limit_reached' })
    }
  })
})

describe('the bound on calls', () => {
  it('of a minute counts those accepted, and begins anew with the next', () => {
    const windows = (rateMinute: number | null, rateRequests: number) => ({
      windows: { counts: NO_WINDOW_COUNTS, rateMinute, rateRequests },
    })
    const decideThree = (user: Partial<LockedUser>) =>
      decide([hold(), hold(), hold()], { plan: { requestsPerMinute: 2 }, user })
    const held = ({ outcomes }: ReturnType<typeof decide>) =>
      outcomes.filter(({ kind }) => kind === 'held').length

    const first = decideThree(windows(null, 0))
    expect(first.outcomes[2]).toMatchObject({ code: 'rate_limit_exceeded' })
    expect(first.changedAccounts.map(({ rate }) => rate)).toEqual([{ minute: THIS_MINUTE, requests: 2 }])
    expect(held(decideThree(windows(THIS_MINUTE, 1)))).toBe(1)
    expect(held(decideThree(windows(THIS_MINUTE, 2)))).toBe(0)
    expect(held(decideThree(windows(THIS_MINUTE - 1, 2)))).toBe(2)
    // A clock that steps back gives no minute twice.
    expect(held(decideThree(windows(THIS_MINUTE + 1, 2)))).toBe(0)
  })

  it('of a minute is not given back with a hold', () => {
    const done = hold()
    const windows = { counts: NO_WINDOW_COUNTS, rateMinute: THIS_MINUTE, rateRequests: 1 }
    const { outcomes } = decide([releaseCall(done), hold()], {
      plan: { requestsPerMinute: 1 },
      user: { windows },
      ...existing(done),
    })
    expect(outcomes[1]).toMatchObject({ code: 'rate_limit_exceeded' })
  })

  it('under way at once counts those held, and is given back by every end', () => {
    const done = hold()
    const plan = { concurrentCalls: 2 }
    const held = new Map([['u', { ...NOTHING, prompts: 1 }]])
    for (const [end, ended] of [
      [releaseCall(done), 'released'],
      [settleCall(done), 'settled'],
    ] as const) {
      const { outcomes } = decide([hold(), hold(), end, hold(), hold()], { plan, held, ...existing(done) })
      expect(outcomes.map(({ kind }) => kind)).toEqual(['held', 'refused', ended, 'held', 'refused'])
      expect(outcomes[4]).toMatchObject({ code: 'concurrency_limit_reached' })
    }
  })
})
