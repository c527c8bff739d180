import { describe, expect, it } from 'vitest'
import { keyedEvent } from '../src/ledger/ledger-batch.ts'
import { knownEvent, lockedUser } from './support/batch-facts.ts'
import { settleCall } from './support/hold-calls.ts'
import { decide, decideHold, existing, hold, track } from './support/hold-situations.ts'

describe('an idempotency key', () => {
  it('that was charged is refused, with what was recorded', () => {
    const recorded = {
      prompts: 1,
      tokens: 30,
      cost: 70,
      inputTokens: 10,
      cachedInputTokens: 4,
      outputTokens: 20,
      reasoningTokens: 5,
      estimated: true,
    }
    const outcome = decideHold(hold({ idempotencyKey: 'k' }), {
      knownEvents: new Map([[keyedEvent('u', 'k'), knownEvent({ ...recorded, holdId: 'h' })]]),
    })
    expect(outcome).toMatchObject({ code: 'idempotency_key_used', recorded })
  })

  it('that an earlier call of the batch was charged under is refused, too', () => {
    const done = hold({ idempotencyKey: 'k' })
    const usage = {
      inputTokens: 10,
      cachedInputTokens: 4,
      outputTokens: 20,
      reasoningTokens: 5,
      estimated: false,
    }
    const { outcomes } = decide(
      [settleCall(done, { usage, cost: 9 }), { ...hold(), idempotencyKey: 'k' }],
      existing(done),
    )
    expect(outcomes[1]).toMatchObject({
      code: 'idempotency_key_used',
      recorded: { prompts: 1, tokens: 30, cost: 9, ...usage },
    })
  })

  it('in flight is refused, whether it was held before or by an earlier call of the batch', () => {
    const keysInFlight = new Set([keyedEvent('u', 'k')])
    const inFlight = { code: 'idempotency_key_in_flight' }
    expect(decideHold(hold({ idempotencyKey: 'k' }), { keysInFlight })).toMatchObject(inFlight)
    const { outcomes, newHolds } = decide([hold({ idempotencyKey: 'k' }), hold({ idempotencyKey: 'k' })])
    expect(outcomes).toMatchObject([{ kind: 'held' }, inFlight])
    expect(newHolds).toHaveLength(1)
  })

  it('is free where it is of another user, or its call was refused', () => {
    const users = new Map([
      ['u', lockedUser()],
      ['other', lockedUser()],
    ])
    const keyed = hold({ idempotencyKey: 'k' })
    const { outcomes } = decide(
      [{ ...keyed, model: 'o3' }, keyed, hold({ userId: 'other', idempotencyKey: 'k' })],
      { users, plan: { allowedModels: ['gpt*'] } },
    )
    expect(outcomes.map(({ kind }) => kind)).toEqual(['refused', 'held', 'held'])
  })

  it('stays with the call that was charged under it first; a late one is recorded without', () => {
    const late = hold({ idempotencyKey: 'k' })
    const taken = { knownEvents: new Map([[keyedEvent('u', 'k'), knownEvent({ holdId: 'another' })]]) }
    const { events } = decide([settleCall(late)], { ...existing(late, { active: false }), ...taken })
    expect(events).toMatchObject([{ holdId: late.holdId, idempotencyKey: null, prompts: 1 }])

    const other = hold({ idempotencyKey: 'k' })
    const both = new Map([...existing(late).knownHolds, ...existing(other).knownHolds])
    const decided = decide([settleCall(late), settleCall(other)], { knownHolds: both })
    expect(decided.events.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['k', null])
  })

  it('under which a call of the gateway was charged is no retry of /trackUsage', () => {
    const known = knownEvent({ prompts: 1, holdId: 'h' })
    const { outcomes } = decide([track({ prompts: 1, idempotencyKey: 'k' })], {
      knownEvents: new Map([[keyedEvent('u', 'k'), known]]),
    })
    expect(outcomes[0]).toMatchObject({ code: 'idempotency_key_reused' })
  })
})
