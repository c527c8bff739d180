import { afterAll, beforeAll, expect, it } from 'vitest'
import type { HoldCall } from '../src/ledger/hold-call.ts'
import { holdCall, releaseCall, renewCall, SOME_TOKENS, settleCall } from './support/hold-calls.ts'
import {
  addHoldUser,
  expireHolds,
  type HoldUser,
  readHolds,
  readUserEvents,
  type StoredEvent,
} from './support/hold-users.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const REPLICAS = [0, 1, 2]

/** As a hold is recorded whose replica died. */
const abandonedEvent = ({ holdId }: HoldCall): StoredEvent => ({
  kind: 'abandoned',
  prompts: 0,
  tokens: 0,
  cost: 0,
  key: null,
  holdId,
})

describeOnBothEngines('a hold that expired', (engine) => {
  let replicas: Replicas
  beforeAll(async () => {
    replicas = await startReplicas(engine, 3)
  })
  afterAll(() => replicas.close())

  const ledger = (index: number) => replicas.at(index).services.ledger
  const database = () => replicas.at(0).database
  const eventsOf = (user: HoldUser) => readUserEvents(database(), user.userId)
  const tokens = { meter: 'tokens', window: 'lifetime', amount: 100 } as const

  /** A user of whom so many calls had been under way when their replica died. */
  async function loseCalls(count: number, fields: Partial<HoldCall> = {}) {
    const user = await addHoldUser(replicas.at(0), { limits: [tokens], concurrentCalls: count })
    const calls = Array.from({ length: count }, () => holdCall(user, { maxTokens: 16, ...fields }))
    for (const call of calls) expect(await ledger(0).hold(call)).toMatchObject({ kind: 'held' })
    expect(await ledger(1).hold(holdCall(user))).toMatchObject({ code: 'concurrency_limit_reached' })
    await expireHolds(database(), user.userId)
    return { user, calls }
  }

  it('counts for nothing, on no replica, though nobody has swept it', async () => {
    const { user } = await loseCalls(1, { inputTokens: 80, idempotencyKey: 'k' })
    const free = await replicas.at(1).services.users.getById(user.userId)
    expect(free.held).toEqual({ prompts: 0, tokens: 0, cost: 0 })
    const again = holdCall(user, { inputTokens: 84, idempotencyKey: 'k' })
    expect(await ledger(2).hold(again)).toMatchObject({
      kind: 'held',
      maxTokens: 16,
      quota: { standings: [{ used: 0, held: 100, remaining: 0 }] },
    })
  })

  it('cannot be renewed, and its end gives back nothing of what others hold', async () => {
    const { user, calls } = await loseCalls(1, { inputTokens: 80 })
    const [lost] = calls as [HoldCall]
    await expect(ledger(0).renew(renewCall(lost))).rejects.toMatchObject({ code: 'hold_lost' })
    expect(await ledger(0).hold(holdCall(user, { inputTokens: 80 }))).toMatchObject({ kind: 'held' })
    await ledger(1).release(releaseCall(lost))
    expect(await ledger(2).hold(holdCall(user))).toMatchObject({ code: 'concurrency_limit_reached' })
  })

  it('is recorded as abandoned by one of three replicas that sweep at once, free for the user', async () => {
    await ledger(0).sweep()
    const { user, calls } = await loseCalls(7, { inputTokens: 14, maxTokens: 0, source: 'my-extension' })
    const running = holdCall(user, { inputTokens: 50 })
    await ledger(0).hold(running)
    const swept = await Promise.all(REPLICAS.map((index) => ledger(index).sweep()))
    const events = await eventsOf(user)
    const byHold = (one: StoredEvent, other: StoredEvent) =>
      (one.holdId ?? '') < (other.holdId ?? '') ? -1 : 1
    expect(events.toSorted(byHold)).toEqual(calls.map(abandonedEvent).toSorted(byHold))
    expect(swept.reduce((sum, one) => sum + one)).toBe(7)
    expect(await readHolds(database(), user.userId)).toMatchObject([{ id: running.holdId, active: true }])
    expect(await Promise.all(REPLICAS.map((index) => ledger(index).sweep()))).toEqual(REPLICAS.map(() => 0))

    const { total } = await replicas.at(1).services.users.getById(user.userId)
    expect(total).toEqual({ prompts: 0, tokens: 0, cost: 0 })
    for (const interval of ['hour', 'day', 'month'] as const) {
      const { usage } = replicas.at(0).services
      for (const groupBy of ['model', 'source'] as const) {
        const history = await usage.history(user.userId, { interval, groupBy })
        expect(history.buckets.flatMap(({ groups }) => groups)).toEqual([])
      }
    }
    expect(await findContradictions(database())).toEqual([])
  })

  it('is recorded once when its call is settled after the sweep, whoever asks how often', async () => {
    const { user, calls } = await loseCalls(1, { idempotencyKey: 'k' })
    const [late] = calls as [HoldCall]
    await ledger(1).sweep()
    const settle = settleCall(late, { usage: SOME_TOKENS, cost: 9 })
    const settled = await Promise.all([...REPLICAS, ...REPLICAS].map((index) => ledger(index).settle(settle)))
    expect(settled.filter(({ replayed }) => !replayed)).toHaveLength(1)
    const event = { kind: 'usage', prompts: 1, tokens: 30, cost: 9, key: 'k', holdId: late.holdId }
    expect(await eventsOf(user)).toEqual([abandonedEvent(late), event])
    expect(await findContradictions(database())).toEqual([])
  })

  it('is settled once and abandoned at most once when sweeps and settlements meet', async () => {
    for (let round = 0; round < 10; round++) {
      const { user, calls } = await loseCalls(3)
      await Promise.all(
        REPLICAS.flatMap((index) => [
          ledger(index).sweep(),
          ...calls.map((call) => ledger(index + 1).settle(settleCall(call, { usage: SOME_TOKENS }))),
        ]),
      )
      const events = await eventsOf(user)
      for (const { holdId } of calls) {
        const kinds = events.filter((event) => event.holdId === holdId).map(({ kind }) => kind)
        expect([['usage'], ['abandoned', 'usage']]).toContainEqual(kinds)
      }
      expect(await readHolds(database(), user.userId)).toEqual([])
    }
    expect(await findContradictions(database())).toEqual([])
  })

  it('leaves its key to the call that took it over; settled late it is recorded without', async () => {
    const { user, calls } = await loseCalls(1, { idempotencyKey: 'k' })
    const [late] = calls as [HoldCall]
    const retry = holdCall(user, { maxTokens: 16, idempotencyKey: 'k' })
    expect(await ledger(1).hold(retry)).toMatchObject({ kind: 'held' })
    await ledger(1).settle(settleCall(retry))
    await ledger(0).settle(settleCall(late))
    expect(await eventsOf(user)).toMatchObject([
      { key: 'k', holdId: retry.holdId },
      { key: null, holdId: late.holdId },
    ])
  })
})
