import { describe, expect, it } from 'vitest'
import { copyName, isSameText, parsePlanText, planText, shownErrors } from '../src/plans/plan-text.ts'
import { limitWords } from '../src/plans/plan-words.ts'

const terms = {
  limits: [
    { meter: 'prompts', window: 'month', amount: 1000 },
    { meter: 'cost', window: 'day', amount: 1_250_001 },
  ],
  allowedModels: ['gpt-5*'],
  requestsPerMinute: 60,
  concurrentCalls: null,
  defaultMaxTokens: 4096,
} as const
const plan = {
  ...terms,
  limits: terms.limits.map((limit) => ({ ...limit })),
  allowedModels: [...terms.allowedModels],
}

describe('a plan as typed', () => {
  it('reads back as the very plan it was made of', () => {
    expect(parsePlanText(planText('pro', plan), [])).toEqual({ name: 'pro', request: plan })
  })

  it('is the same as long as nothing in it is another, whatever its rows are called', () => {
    expect(isSameText(planText('pro', plan), planText('pro', plan))).toBe(true)
    expect(isSameText(planText('pro', plan), planText('pro', { ...plan, limits: [] }))).toBe(false)
  })

  it.each(['', 'Pro', '-pro', 'pro-', 'a b', 'a'.repeat(65), 'free'])('refuses %j as a new name', (name) => {
    expect(parsePlanText(planText(name, plan), ['free'])).toHaveProperty('errors.name')
  })

  it('complains of what is empty only once somebody wanted to save it', () => {
    const text = planText('', plan)
    const unfinished = { ...text, rows: text.rows.map((row) => ({ ...row, amount: '' })) }
    const parsed = parsePlanText(unfinished, [])
    expect(shownErrors(parsed, unfinished, false)).toEqual({ rows: {}, bounds: {} })
    expect(Object.keys(shownErrors(parsed, unfinished, true).rows)).toHaveLength(2)
  })
})

describe('a copy', () => {
  it('gets a name that no plan has, and that fits', () => {
    expect(copyName('pro', ['pro', 'pro-copy'])).toBe('pro-copy-2')
    expect(copyName('a'.repeat(64), [])).toHaveLength(64)
  })
})

describe('a limit in words', () => {
  it.each([
    [{ meter: 'prompts', window: 'month', amount: 1_000_000 }, '1,000,000 prompts a month'],
    [{ meter: 'prompts', window: 'lifetime', amount: 1 }, '1 prompt for life'],
    [{ meter: 'cost', window: 'hour', amount: 1_250_001 }, '$1.250001 an hour'],
    [{ meter: 'tokens', window: 'day', amount: Number.MAX_SAFE_INTEGER }, 'no limit on tokens a day'],
  ] as const)('says %o with every digit', (limit, words) => {
    expect(limitWords(limit)).toBe(words)
  })
})
