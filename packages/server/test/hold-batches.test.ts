import { afterEach, beforeEach, expect, it } from 'vitest'
import type { HoldCall } from '../src/ledger/hold-call.ts'
import { holdCall, releaseCall, renewCall, SOME_TOKENS, settleCall, usageCall } from './support/hold-calls.ts'
import { addHoldUser, readHolds, readUserEvents } from './support/hold-users.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

let server: TestApp
afterEach(() => server.close())

/** Holds of a user that are under way. */
async function holdSome(user: Parameters<typeof holdCall>[0], count: number): Promise<HoldCall[]> {
  const calls = Array.from({ length: count }, () => holdCall(user))
  for (const call of calls) expect(await server.services.ledger.hold(call)).toMatchObject({ kind: 'held' })
  return calls
}

// Calls that are made in one turn of the event loop, while nothing is at the database, share a batch.
describeOnBothEngines('calls that share a batch', (engine) => {
  beforeEach(async () => {
    server = await startTestApp(engine)
  })

  it('leave no hold behind that one renews and another settles or gives back', async () => {
    const { ledger } = server.services
    const user = await addHoldUser(server, { limits: [] })
    const [settled, released] = (await holdSome(user, 2)) as [HoldCall, HoldCall]
    await Promise.all([
      ledger.renew(renewCall(settled)),
      ledger.settle(settleCall(settled)),
      ledger.renew(renewCall(released)),
      ledger.release(releaseCall(released)),
    ])
    expect(await readHolds(server.database, user.userId)).toEqual([])
  })

  it('settle a hold once, also when it is given back in between, and none of them fails for it', async () => {
    const { ledger } = server.services
    const user = await addHoldUser(server, { limits: [] })
    const [call] = (await holdSome(user, 1)) as [HoldCall]
    const settle = settleCall(call, { usage: SOME_TOKENS })
    const logged = server.logLines.length
    await Promise.all([ledger.settle(settle), ledger.release(releaseCall(call)), ledger.settle(settle)])
    expect(await readUserEvents(server.database, user.userId)).toMatchObject([{ holdId: call.holdId }])
    expect(await findContradictions(server.database)).toEqual([])
    // Twice in one batch would be refused by the database, and the batch be tried in halves.
    expect(await committedBatches(server)).toBe(2)
    expect(server.logLines.slice(logged)).toEqual([])
  })

  it('do not disturb each other when some are refused, by the rules or by the database', async () => {
    const { ledger, users } = server.services
    const user = await addHoldUser(server, { limits: [], allowedModels: ['gpt*'] })
    const [settled, released, poisoned] = (await holdSome(user, 3)) as [HoldCall, HoldCall, HoldCall]
    const disabled = await addHoldUser(server)
    await users.update(disabled.userId, { disabled: true })
    const [fresh, unheld] = [holdCall(user), holdCall(user)]

    const refused = { kind: 'refused' }
    const made: [Promise<unknown>, unknown][] = [
      [ledger.hold(holdCall(user, { model: 'o3' })), { ...refused, code: 'model_not_allowed' }],
      [ledger.settle(settleCall(settled, { usage: SOME_TOKENS })), { kind: 'settled' }],
      [ledger.hold(holdCall(disabled)), { ...refused, code: 'user_disabled' }],
      // The database takes no NUL in a text, and no id twice.
      [ledger.settle(settleCall(poisoned, { model: 'gpt-\0' })), null],
      [ledger.hold(poisoned), null],
      [ledger.renew(renewCall(unheld)), null],
      [ledger.settle(settleCall(holdCall({ ...user, userId: unheld.holdId }))), null],
      [ledger.hold(fresh), { kind: 'held' }],
      [ledger.release(releaseCall(released)), undefined],
      [ledger.record(usageCall(user, { tokens: 7 })), { kind: 'recorded', tokenCount: 37 }],
    ]
    for (const [call, expected] of made) {
      if (expected === null) await expect(call).rejects.toThrow()
      else if (expected === undefined) expect(await call).toBeUndefined()
      else expect(await call).toMatchObject(expected)
    }
    const events = await readUserEvents(server.database, user.userId)
    expect(events).toMatchObject([
      { tokens: 30, holdId: settled.holdId },
      { tokens: 7, holdId: null },
    ])
    const left = (await readHolds(server.database, user.userId)).map(({ id }) => id)
    expect(left).toEqual([poisoned.holdId, fresh.holdId].toSorted())
    expect(await findContradictions(server.database)).toEqual([])
  })
})

describeOnBothEngines('a queue full of usage', (engine) => {
  it('takes no further call, yet still what ends or keeps calls under way', async () => {
    server = await startTestApp(engine, { environment: { WRITE_QUEUE_LIMIT: '10' } })
    const { ledger } = server.services
    const user = await addHoldUser(server, { limits: [] })
    const other = await addHoldUser(server)
    const [settled, released, renewed] = (await holdSome(user, 3)) as [HoldCall, HoldCall, HoldCall]

    // All in one turn of the event loop: nothing is answered before the last of them waits.
    const filling = [user, other].flatMap((one) =>
      Array.from({ length: 5 }, () => ledger.record(usageCall(one, { tokens: 1 }))),
    )
    expect(ledger.waiting).toBe(10)
    const refused = [ledger.record(usageCall(other)), ledger.hold(holdCall(other))]
    const concluding = [
      ledger.settle(settleCall(settled, { usage: SOME_TOKENS })),
      ledger.release(releaseCall(released)),
      ledger.renew(renewCall(renewed)),
    ]
    expect(ledger.waiting).toBe(13)
    for (const call of refused) await expect(call).rejects.toMatchObject({ code: 'overloaded' })
    await Promise.all([...concluding, ...filling])
    expect(await readHolds(server.database, user.userId)).toMatchObject([{ id: renewed.holdId }])
    expect(await readUserEvents(server.database, user.userId)).toHaveLength(6)
  })
})

async function committedBatches({ services }: TestApp): Promise<number> {
  const metrics = await services.metrics.render()
  return Number(/^promptmeter_commit_batch_size_count (\d+)$/m.exec(metrics)?.[1])
}
