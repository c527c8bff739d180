import { MAX_COUNT } from '@promptmeter/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BatchFacts, keyedEvent } from '../src/ledger/ledger-batch.ts'
import { decideBatch } from '../src/ledger/ledger-decision.ts'
import type { UsageCall } from '../src/ledger/usage-call.ts'
import type { LockedUser } from '../src/ledger/user-account.ts'
import { batchFacts, knownEvent, lockedUser } from './support/batch-facts.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const MINUTE_MS = 60_000
const user = lockedUser({ total: { prompts: 5, tokens: 50, cost: 0 }, eventCount: 2 })

const call = (fields: Partial<UsageCall> = {}): UsageCall => ({
  kind: 'usage',
  userId: 'u',
  sessionId: 's',
  prompts: 1,
  tokens: 10,
  model: null,
  source: null,
  occurredAt: null,
  idempotencyKey: null,
  ...fields,
})
const facts = (fields: Partial<BatchFacts> = {}): BatchFacts =>
  batchFacts({ now: NOW, users: new Map([['u', user]]), ...fields })
const decideOne = (one: UsageCall, known: BatchFacts = facts()) => decideBatch([one], known).outcomes[0]
const at = (shiftMs: number) => call({ occurredAt: new Date(NOW.getTime() + shiftMs) })

describe('a batch', () => {
  it('shows each call of a user the counts of those before it', () => {
    const { outcomes, events } = decideBatch([call(), call({ prompts: 2 }), call({ tokens: 0 })], facts())
    expect(outcomes).toMatchObject([
      { promptCount: 6, tokenCount: 60 },
      { promptCount: 8, tokenCount: 70 },
      { promptCount: 9, tokenCount: 70 },
    ])
    expect(events.map(({ seq }) => seq)).toEqual([3, 4, 5])
  })

  it('refuses in the order of the contract: gone, session ended, disabled', () => {
    const worst = { endedSessions: new Set(['s']), users: new Map([['u', { ...user, disabled: true }]]) }
    expect(decideOne(call(), facts({ ...worst, users: new Map() }))).toMatchObject({ code: 'user_not_found' })
    expect(decideOne(call(), facts(worst))).toMatchObject({ code: 'token_invalid' })
    expect(decideOne(call(), facts({ users: worst.users }))).toMatchObject({ code: 'user_disabled' })
  })

  it('takes a key repeated inside it for a replay, and with another body for a mistake', () => {
    const keyed = call({ idempotencyKey: 'k' })
    const { outcomes, events } = decideBatch([keyed, call(), keyed, { ...keyed, model: 'm' }], facts())
    expect(outcomes).toMatchObject([
      { promptCount: 6, replayed: false },
      { promptCount: 7, replayed: false },
      { promptCount: 6, replayed: true },
      { code: 'idempotency_key_reused' },
    ])
    expect(events).toHaveLength(2)
  })

  it('finds the answer of a known event, also when it would be too old by now', () => {
    const old = call({ idempotencyKey: 'k', occurredAt: new Date(NOW.getTime() - 40 * 24 * 60 * MINUTE_MS) })
    const known = knownEvent({ ...old, promptCountAfter: 3, tokenCountAfter: 30 })
    const outcome = decideOne(old, facts({ knownEvents: new Map([[keyedEvent('u', 'k'), known]]) }))
    expect(outcome).toMatchObject({ kind: 'recorded', replayed: true, promptCount: 3, tokenCount: 30 })
  })

  it('leaves a key free whose event was refused', () => {
    const { outcomes } = decideBatch(
      [call({ idempotencyKey: 'k', prompts: MAX_COUNT }), call({ idempotencyKey: 'k' })],
      facts(),
    )
    expect(outcomes).toMatchObject([{ code: 'invalid_usage' }, { promptCount: 6, replayed: false }])
  })

  it('takes times from 30 days back to 5 minutes ahead, ends included', () => {
    const monthMs = 30 * 24 * 60 * MINUTE_MS
    for (const shiftMs of [0, 5 * MINUTE_MS, -monthMs])
      expect(decideOne(at(shiftMs))).toMatchObject({ kind: 'recorded' })
    for (const shiftMs of [5 * MINUTE_MS + 1, -monthMs - 1]) {
      expect(decideOne(at(shiftMs))).toMatchObject({ kind: 'refused', code: 'invalid_usage' })
    }
  })

  it('never takes a count past its range', () => {
    const { outcomes } = decideBatch(
      [
        call({ prompts: MAX_COUNT - 5 }),
        call({ prompts: 1 }),
        call({ prompts: 0, tokens: MAX_COUNT - 60 }),
        call({ prompts: 0, tokens: 1 }),
      ],
      facts(),
    )
    expect(outcomes).toMatchObject([
      { promptCount: MAX_COUNT },
      { code: 'invalid_usage' },
      { tokenCount: MAX_COUNT },
      { code: 'invalid_usage' },
    ])
  })

  it('ends each user with what they had and the sum of their new events, numbered without gaps', () => {
    const anyCall = fc.record({
      userId: fc.constantFrom('a', 'b', 'gone', 'disabled'),
      sessionId: fc.constantFrom('s', 'ended'),
      prompts: fc.nat(5),
      tokens: fc.nat(5),
      idempotencyKey: fc.option(fc.constantFrom('k1', 'k2', 'k3')),
    })
    const known = facts({
      users: new Map([
        ['a', user],
        ['b', { ...user, total: { ...user.total, prompts: MAX_COUNT - 3 } }],
        ['disabled', { ...user, disabled: true }],
      ]),
      endedSessions: new Set(['ended']),
    })
    fc.assert(
      fc.property(fc.array(anyCall, { maxLength: 60 }), (calls) => {
        const { outcomes, events } = decideBatch(calls.map(call), known)
        expect(outcomes).toHaveLength(calls.length)
        expect(outcomes.filter((outcome) => outcome.kind === 'recorded' && !outcome.replayed)).toHaveLength(
          events.length,
        )
        for (const id of ['a', 'b']) {
          const before = known.users.get(id) as LockedUser
          const own = events.filter((event) => event.userId === id)
          expect(own.map(({ seq }) => seq)).toEqual(own.map((_, index) => before.eventCount + 1 + index))
          const prompts = own.reduce((sum, event) => sum + event.prompts, before.total.prompts)
          expect(own.at(-1)?.promptCountAfter ?? prompts).toBe(prompts)
          expect(prompts).toBeLessThanOrEqual(MAX_COUNT)
          const keys = own.flatMap((event) => event.idempotencyKey ?? [])
          expect(new Set(keys).size).toBe(keys.length)
        }
        expect(events.every((event) => ['a', 'b'].includes(event.userId))).toBe(true)
      }),
    )
  })
})
