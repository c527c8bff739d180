import { describe, expect, it } from 'vitest'
import { bare, quantity, resetText, share, windowName } from '../src/core/wording.ts'
import { LIFETIME, limit } from './support/standings.ts'

describe('a quantity', () => {
  it.each([
    ['prompts', 0, '0 prompts'],
    ['prompts', 1, '1 prompt'],
    ['prompts', 2, '2 prompts'],
    ['prompts', 9_999, '9,999 prompts'],
    ['tokens', 1, '1 token'],
    ['tokens', 10_000, '10K tokens'],
    ['tokens', 1_234_567, '1.2M tokens'],
    ['cost', 0, '$0.00'],
    ['cost', 1_250_000, '$1.25'],
    ['cost', 12_345_678_000, '$12,345.68'],
  ] as const)('of %s %i is %s', (meter, amount, text) => {
    expect(quantity(meter, amount)).toBe(text)
  })

  it('alone has no noun', () => {
    expect(bare('prompts', 9)).toBe('9')
    expect(bare('tokens', 34_000)).toBe('34K')
    expect(bare('cost', 4_500_000)).toBe('$4.50')
  })

  it('that is used counts what calls under way hold', () => {
    expect(share(limit({ used: 3, held: 1 }))).toBe('4 of 10 prompts')
    expect(share(limit({ amount: 1, used: 1 }))).toBe('1 of 1 prompt')
    expect(share(limit({ meter: 'cost', amount: 5_000_000, used: 500_000 }))).toBe('$0.50 of $5.00')
  })
})

it.each([
  ['lifetime', 'in all'],
  ['month', 'this month'],
  ['week', 'this week'],
  ['day', 'today'],
  ['hour', 'this hour'],
] as const)('the window %s is called “%s”', (window, name) => {
  expect(windowName({ window })).toBe(name)
})

describe('a reset', () => {
  // Of whoever reads it: local times, whatever the zone.
  const now = new Date(2026, 5, 10, 12, 0)
  const at = (...time: [number, number, number, number, number]) => ({
    resetsAt: new Date(...time).toISOString(),
  })

  it.each([
    [at(2026, 5, 10, 15, 0), 'resets in 3 hours, at 15:00'],
    [at(2026, 5, 10, 12, 45), 'resets in 45 minutes, at 12:45'],
    [at(2026, 5, 10, 12, 1), 'resets in 1 minute, at 12:01'],
    [at(2026, 5, 10, 12, 0), 'resets in 1 minute, at 12:00'],
    [at(2026, 5, 11, 0, 0), 'resets in 12 hours, on Thu, June 11'],
    [at(2026, 6, 1, 0, 0), 'resets in 21 days, on Wed, July 1'],
    [LIFETIME, 'never resets by itself'],
  ])('%o: %s', (limitFacts, text) => {
    expect(resetText(limitFacts, now)).toBe(text)
  })
})
