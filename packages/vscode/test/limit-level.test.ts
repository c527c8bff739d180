import type { LimitStanding } from '@promptmeter/client'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { levelOf, reachedLimit, tightestLimit } from '../src/core/limit-level.ts'
import { LIFETIME, limit } from './support/standings.ts'

const standings: fc.Arbitrary<LimitStanding> = fc
  .record({
    amount: fc.oneof(fc.nat(10), fc.nat(1_000)),
    used: fc.nat(1_200),
    held: fc.nat(20),
    resetsAt: fc.option(
      fc.nat(1_000).map((hours) => new Date(Date.UTC(2026, 2, 10, hours)).toISOString()),
      {
        nil: null,
      },
    ),
  })
  .map(limit)

const shareUsed = ({ amount, remaining }: LimitStanding) => (amount === 0 ? 1 : (amount - remaining) / amount)
const lastsUntil = ({ resetsAt }: LimitStanding) => (resetsAt === null ? Infinity : Date.parse(resetsAt))

describe('the tightest limit', () => {
  it('is none where nothing limits', () => {
    expect(tightestLimit([])).toBeNull()
  })

  it('is one of them, and of none more is used', () => {
    fc.assert(
      fc.property(fc.array(standings, { minLength: 1 }), (limits) => {
        const tightest = tightestLimit(limits) as LimitStanding
        expect(limits).toContain(tightest)
        for (const other of limits) expect(shareUsed(other)).toBeLessThanOrEqual(shareUsed(tightest))
      }),
    )
  })

  it('lasts longest among those of which as much is used', () => {
    fc.assert(
      fc.property(fc.array(standings, { minLength: 1 }), (limits) => {
        const tightest = tightestLimit(limits) as LimitStanding
        const equals = limits.filter((other) => shareUsed(other) === shareUsed(tightest))
        for (const other of equals) expect(lastsUntil(other)).toBeLessThanOrEqual(lastsUntil(tightest))
      }),
    )
  })

  it('says the same whatever their order', () => {
    fc.assert(
      fc.property(fc.array(standings, { minLength: 1 }), (limits) => {
        const facts = (found: LimitStanding | null) => found && [shareUsed(found), lastsUntil(found)]
        expect(facts(tightestLimit(limits.toReversed()))).toEqual(facts(tightestLimit(limits)))
      }),
    )
  })

  it('of nothing at all is tighter than any that is not reached', () => {
    const [nothing, nearly] = [limit({ amount: 0 }), limit({ used: 9, ...LIFETIME })]
    expect(tightestLimit([nearly, nothing])).toBe(nothing)
    expect(tightestLimit([nothing, nearly])).toBe(nothing)
  })

  it('of those that are reached is none while none is', () => {
    expect(reachedLimit([limit({ used: 9 }), limit({ used: 9, ...LIFETIME })])).toBeNull()
    const reached = limit({ used: 10 })
    expect(reachedLimit([limit({ used: 9, ...LIFETIME }), reached])).toBe(reached)
  })

  it('of equals is the lifetime’s', () => {
    const [hour, lifetime] = [limit({ used: 10, window: 'hour' }), limit({ used: 10, ...LIFETIME })]
    expect(tightestLimit([lifetime, hour])).toBe(lifetime)
    expect(tightestLimit([hour, lifetime])).toBe(lifetime)
  })
})

describe('the level', () => {
  it.each([
    [{ used: 0 }, 'fine'],
    [{ used: 7 }, 'fine'],
    [{ used: 8 }, 'warning'],
    [{ used: 9 }, 'warning'],
    [{ used: 10 }, 'reached'],
    [{ used: 12 }, 'reached'],
    [{ used: 6, held: 2 }, 'warning'],
    [{ used: 8, held: 2 }, 'reached'],
    [{ amount: 1, used: 0 }, 'fine'],
    [{ amount: 0, used: 0 }, 'reached'],
    [{ amount: 1_000, used: 799 }, 'fine'],
    [{ amount: 1_000, used: 800 }, 'warning'],
  ] as const)('of %o is %s', (fields, level) => {
    expect(levelOf(limit(fields))).toBe(level)
  })

  it('is reached exactly where nothing remains', () => {
    fc.assert(
      fc.property(standings, (standing) => {
        expect(levelOf(standing) === 'reached').toBe(standing.remaining === 0)
      }),
    )
  })
})
