import { expect, it } from 'vitest'
import { amountText, parseAmount, parseCount, parseDollars } from '../src/common/terms/amount-text.ts'
import { boundsText, parseBounds } from '../src/common/terms/bounds-text.ts'
import { LIFTED, type LimitRow, parseLimitRows, parseOverrideRows } from '../src/common/terms/limit-rows.ts'

const row = (key: string, changes: Partial<LimitRow>): LimitRow => ({
  key,
  meter: 'prompts',
  window: 'month',
  amount: '1000',
  ...changes,
})

it.each([
  ['0.29', 290_000],
  ['1.005', 1_005_000],
  ['$1,234.5', 1_234_500_000],
  ['0.000001', 1],
  ['9007199254.740991', Number.MAX_SAFE_INTEGER],
])('%s dollars are read to the micro-dollar', (text, micros) => {
  expect(parseDollars(text)).toBe(micros)
})

it.each(['', '1.', '.5', '-1', '1e3', '0.0000001', '5,00', '9007199254.740992', 'none'])(
  'no dollars are made of "%s"',
  (text) => {
    expect(parseDollars(text)).toBeNull()
  },
)

it('a count is a whole number, grouped or not', () => {
  expect(['200000', ' 200,000 ', '0'].map(parseCount)).toEqual([200_000, 200_000, 0])
  expect(['1.5', '20,00', '-1', '9007199254740992'].map(parseCount)).toEqual([null, null, null, null])
})

it.each([0, 1, 250_000, 1_000_000, 1_234_567, Number.MAX_SAFE_INTEGER])(
  'the amount %i reads back as the very same',
  (amount) => {
    for (const meter of ['tokens', 'cost'] as const)
      expect(parseAmount(amountText(amount, meter), meter)).toBe(amount)
  },
)

it('a pair of meter and window that stands twice is refused at the second row', () => {
  const parsed = parseLimitRows([
    row('one', {}),
    row('two', { amount: '5' }),
    row('three', { window: 'day' }),
  ])
  expect(parsed).toEqual({ errors: { two: 'Prompts a month stand here twice.' } })
})

it('only an override lifts a limit, and no override is of the prompts for life', () => {
  const lifted = [row('one', { meter: 'cost', amount: LIFTED })]
  expect(parseLimitRows(lifted)).toHaveProperty('errors.one')
  expect(parseOverrideRows(lifted)).toEqual({ limits: [{ meter: 'cost', window: 'month', amount: null }] })
  const forLife = [row('one', { window: 'lifetime' })]
  expect(parseOverrideRows(forLife)).toHaveProperty('errors.one')
  expect(parseLimitRows(forLife)).toEqual({
    limits: [{ meter: 'prompts', window: 'lifetime', amount: 1000 }],
  })
})

it('overrides read back as they were: what is as the plan has it is left out, null stays null', () => {
  const overrides = { allowedModels: ['gpt-5*'], requestsPerMinute: null, defaultMaxTokens: 4096 }
  expect(parseBounds(boundsText(overrides, 'plan'))).toEqual({ bounds: overrides })
  expect(parseBounds(boundsText({}, 'plan'))).toEqual({ bounds: {} })
  expect(parseBounds(boundsText({}, 'none'))).toEqual({
    bounds: { allowedModels: null, requestsPerMinute: null, concurrentCalls: null, defaultMaxTokens: null },
  })
})

it.each(['', '15', '10000001', '1.5'])('default max tokens of "%s" are refused', (text) => {
  const bounds = boundsText({}, 'plan')
  const parsed = parseBounds({ ...bounds, defaultMaxTokens: { choice: 'own', text } })
  expect(parsed).toEqual({ errors: { defaultMaxTokens: 'Give a whole number from 16 to 10,000,000.' } })
})
