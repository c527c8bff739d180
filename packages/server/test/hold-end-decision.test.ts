import { MAX_COUNT } from '@promptmeter/contract'
import { describe, expect, it } from 'vitest'
import type { LedgerCall } from '../src/ledger/ledger-call.ts'
import { abandonCall, releaseCall, renewCall, settleCall } from './support/hold-calls.ts'
import { decide, decideHold, existing, hold, limit, NOW, type Situation } from './support/hold-situations.ts'

describe('a settlement', () => {
  const usage = {
    inputTokens: 10,
    cachedInputTokens: 4,
    outputTokens: 20,
    reasoningTokens: 5,
    estimated: true,
  }
  const recordedOnce = (calls: readonly LedgerCall[], situation: Situation = {}) => {
    const decision = decide(calls, situation)
    expect(decision.events.filter(({ kind }) => kind === 'usage')).toHaveLength(1)
    return decision
  }

  it('becomes one event with what was used, and takes the hold away', () => {
    const done = hold({ source: 'my-extension/1.2.0', idempotencyKey: 'k' })
    const decision = recordedOnce([settleCall(done, { usage, cost: 33 })], existing(done))
    expect(decision.events[0]).toMatchObject({
      kind: 'usage',
      userId: 'u',
      seq: 1,
      prompts: 1,
      tokens: 30,
      cost: 33,
      model: 'gpt-5-mini',
      source: 'my-extension/1.2.0',
      occurredAt: null,
      idempotencyKey: 'k',
      usage,
      holdId: done.holdId,
      promptCountAfter: 1,
      tokenCountAfter: 30,
    })
    expect(decision.endedHolds).toEqual([{ userId: 'u', holdId: done.holdId }])
    expect(decision.outcomes).toEqual([{ kind: 'settled', replayed: false, tokensBeyond: 0 }])
  })

  it('is recorded once however often it comes in a batch, also when the hold is given back in between', () => {
    const done = hold()
    const settle = settleCall(done, { usage })
    for (const between of [[], [settle], [releaseCall(done)], [abandonCall(done)], [renewCall(done)]]) {
      const { outcomes, endedHolds } = recordedOnce([settle, ...between, settle], existing(done))
      expect(outcomes[0]).toMatchObject({ kind: 'settled', replayed: false })
      expect(outcomes.at(-1)).toMatchObject({ kind: 'settled', replayed: true })
      expect(endedHolds).toHaveLength(1)
    }
  })

  it('is recorded once over batches', () => {
    const done = hold()
    const decision = decide([settleCall(done)], { settledHolds: new Set([done.holdId]) })
    expect(decision).toMatchObject({
      outcomes: [{ kind: 'settled', replayed: true }],
      events: [],
      endedHolds: [],
    })
  })

  it('that comes after its hold expired, was swept or was given back is recorded all the same', () => {
    const done = hold()
    const settle = settleCall(done, { usage })
    const expired = existing(done, { active: false })
    recordedOnce([settle])
    recordedOnce([settle], expired)
    const swept = recordedOnce([abandonCall(done), settle], expired)
    expect(swept.events.map(({ kind }) => kind)).toEqual(['abandoned', 'usage'])
    expect(swept.endedHolds).toHaveLength(1)
    recordedOnce([releaseCall(done), settle], existing(done))
  })

  it('is refused by nothing but that its user is gone', () => {
    const done = hold()
    const situation = {
      ...existing(done),
      user: { disabled: true, thresholdOverride: 0 },
      endedSessions: new Set(['s']),
      plan: { limits: [limit('tokens', 0)] },
    }
    recordedOnce([settleCall(done, { usage })], situation)
    expect(decide([settleCall(done)], { ...situation, users: new Map() })).toMatchObject({
      outcomes: [{ kind: 'refused', code: 'user_not_found' }],
      events: [],
      endedHolds: [],
    })
  })

  it('tells how many tokens went past those held, where tokens were held', () => {
    const done = hold()
    const beyond = (tokens: number) =>
      decide([settleCall(done, { usage })], existing(done, { amounts: { prompts: 1, tokens, cost: 0 } }))
        .outcomes[0]
    expect(beyond(0)).toMatchObject({ tokensBeyond: 0 })
    expect(beyond(30)).toMatchObject({ tokensBeyond: 0 })
    expect(beyond(29)).toMatchObject({ tokensBeyond: 1 })
  })

  it('at the end of the range records the fact, and no count passes what JSON carries', () => {
    const done = hold()
    const total = { prompts: MAX_COUNT, tokens: MAX_COUNT - 7, cost: MAX_COUNT - 2 }
    const { events, changedAccounts } = recordedOnce([settleCall(done, { usage, cost: 5 })], {
      ...existing(done),
      user: { total },
    })
    expect(events[0]).toMatchObject({ prompts: 0, tokens: 7, cost: 2, usage })
    expect(changedAccounts[0]?.total).toEqual({ prompts: MAX_COUNT, tokens: MAX_COUNT, cost: MAX_COUNT })
  })
})

describe('a hold', () => {
  it('is written with its worst case and when it expires, by the clock of the database', () => {
    const call = hold({
      inputTokens: 10,
      maxTokens: 20,
      answers: 2,
      idempotencyKey: 'k',
      source: 'x',
      lifetimeMs: 5000,
    })
    const { newHolds, usedSessions, events } = decide([call], { plan: { limits: [limit('tokens', 99)] } })
    const { userId, holdId, model, source, idempotencyKey } = call
    expect(newHolds).toEqual([
      {
        userId,
        holdId,
        model,
        source,
        idempotencyKey,
        amounts: { prompts: 1, tokens: 50, cost: 10 + 3 * 40 },
        expiresAt: new Date(NOW.getTime() + 5000),
      },
    ])
    expect([...usedSessions]).toEqual(['s'])
    expect(events).toEqual([])
  })

  it('says where the user stands with it and without it', () => {
    const plan = {
      limits: [limit('prompts', 10), limit('tokens', 100)],
      requestsPerMinute: 4,
      concurrentCalls: 3,
    }
    const outcome = decideHold(hold({ inputTokens: 10, maxTokens: 20 }), { plan })
    expect(outcome).toMatchObject({
      quota: {
        at: NOW,
        standings: [
          { meter: 'prompts', used: 0, held: 1, remaining: 9 },
          { meter: 'tokens', used: 0, held: 30, remaining: 70 },
        ],
        requests: { amount: 4, remaining: 3 },
        calls: { amount: 3, remaining: 2 },
      },
      quotaBefore: {
        standings: [
          { meter: 'prompts', held: 0, remaining: 10 },
          { meter: 'tokens', held: 0, remaining: 100 },
        ],
        calls: { amount: 3, remaining: 3 },
      },
    })
    expect(decideHold(hold())).toMatchObject({ quota: { standings: [], requests: null, calls: null } })
  })

  it('that still runs is kept; one that expired or ended is lost', () => {
    const running = hold({ lifetimeMs: 1000 })
    const renew = renewCall(running)
    const renewed = decide([renew, renew], existing(running))
    const { userId, holdId } = running
    expect(renewed.outcomes).toEqual([{ kind: 'renewed' }, { kind: 'renewed' }])
    expect(renewed.renewedHolds).toEqual([{ userId, holdId, expiresAt: new Date(NOW.getTime() + 1000) }])
    for (const [calls, facts] of [
      [[renew], {}],
      [[renew], existing(running, { active: false })],
      [[releaseCall(running), renew], existing(running)],
      [[settleCall(running), renew], existing(running)],
    ] as const) {
      const lost = decide(calls, facts)
      expect(lost.outcomes.at(-1)).toMatchObject({ kind: 'refused', code: 'hold_lost' })
      expect(lost.renewedHolds).toEqual([])
    }
  })

  it('is not kept for whoever is gone, signed out or disabled', () => {
    const running = hold()
    for (const [code, situation] of [
      ['user_not_found', { users: new Map() }],
      ['token_invalid', { endedSessions: new Set(['s']) }],
      ['user_disabled', { user: { disabled: true } }],
    ] as const) {
      const { outcomes, renewedHolds } = decide([renewCall(running)], { ...existing(running), ...situation })
      expect(outcomes).toMatchObject([{ kind: 'refused', code }])
      expect(renewedHolds).toEqual([])
    }
  })

  it('that ends in the batch that renews it stays ended', () => {
    const running = hold()
    for (const end of [settleCall(running), releaseCall(running)]) {
      const { endedHolds, renewedHolds } = decide([renewCall(running), end], existing(running))
      expect(endedHolds).toHaveLength(1)
      expect(renewedHolds).toEqual([])
    }
  })

  it('that is given back leaves nothing behind, also when it is not there', () => {
    const running = hold()
    const release = releaseCall(running)
    expect(decide([release, release], existing(running))).toMatchObject({
      outcomes: [{ kind: 'released' }, { kind: 'released' }],
      events: [],
      endedHolds: [{ userId: 'u', holdId: running.holdId }],
    })
    expect(decide([release])).toMatchObject({ outcomes: [{ kind: 'released' }], endedHolds: [] })
    expect(decide([release], { users: new Map() })).toMatchObject({ outcomes: [{ kind: 'released' }] })
  })

  it('that expired is recorded as abandoned once, free for the user; no other is', () => {
    const lost = hold({ source: 'x', idempotencyKey: 'k' })
    const abandon = abandonCall(lost)
    const swept = decide([abandon, abandon], existing(lost, { active: false }))
    expect(swept.outcomes).toEqual([
      { kind: 'abandoned', recorded: true },
      { kind: 'abandoned', recorded: false },
    ])
    expect(swept.events).toMatchObject([
      {
        kind: 'abandoned',
        prompts: 0,
        tokens: 0,
        cost: 0,
        model: 'gpt-5-mini',
        source: 'x',
        idempotencyKey: null,
        usage: null,
        holdId: lost.holdId,
      },
    ])
    expect(swept.endedHolds).toHaveLength(1)
    for (const situation of [{}, existing(lost), { users: new Map(), ...existing(lost, { active: false }) }])
      expect(decide([abandon], situation)).toMatchObject({
        outcomes: [{ kind: 'abandoned', recorded: false }],
        events: [],
        endedHolds: [],
      })
  })
})
