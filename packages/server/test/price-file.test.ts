import { SetPricesRequest } from '@promptmeter/contract'
import { describe, expect, it } from 'vitest'
import { parsePriceFile, readPriceFile, STARTER_LIST } from '../src/cli/price-file.ts'
import { schemaCheck } from './support/documented-answers.ts'

const PRICE = {
  model: 'gpt-5',
  effectiveFrom: '2025-08-07T00:00:00Z',
  inputMicros: 1_250_000,
  cachedInputMicros: null,
  outputMicros: 10_000_000,
}

const parse = (...prices: unknown[]) => parsePriceFile(JSON.stringify({ prices }))

describe('a file of prices', () => {
  it('that comes with Promptmeter is one the server takes, and says where and when it was read', async () => {
    const { source, readOn, prices } = await readPriceFile(STARTER_LIST)
    expect(source).toMatch(/^https:\/\//)
    expect(readOn).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect(prices.length).toBeGreaterThan(50)
    expect(schemaCheck()(SetPricesRequest, { prices })).toBeNull()
  })

  it('needs nothing but its prices', () => {
    expect(parsePriceFile(`\ufeff${JSON.stringify({ prices: [PRICE] })}`)).toEqual({
      source: null,
      readOn: null,
      note: null,
      prices: [PRICE],
    })
  })

  it.each([
    ['', 'not valid JSON'],
    ['{"prices":[}', 'not valid JSON'],
    ['null', 'a list of prices'],
    ['[]', 'a list of prices'],
    ['{}', 'a list of prices'],
    ['{"prices":[]}', 'a list of prices'],
    ['{"prices":{"gpt-5":1}}', 'a list of prices'],
    [JSON.stringify({ currency: 'EUR', prices: [PRICE] }), 'currency must be USD'],
  ])('is not %j', (text, problem) => {
    expect(() => parsePriceFile(text)).toThrow(problem)
  })

  it.each([
    [null, 'entry 2: must be an object.'],
    [[PRICE], 'entry 2: must be an object.'],
    [{ ...PRICE, model: '' }, 'entry 2: model must be text'],
    [{ ...PRICE, model: 'a\nb' }, 'entry 2: model must be text'],
    [{ ...PRICE, model: 'm'.repeat(129) }, 'entry 2: model must be text'],
    [{ ...PRICE, model: 'm', effectiveFrom: '2025-08-07' }, 'entry 2 (m): effectiveFrom must be an instant'],
    [{ ...PRICE, model: 'm', inputMicros: 1.25 }, 'entry 2 (m): inputMicros must be a whole number'],
    [{ ...PRICE, model: 'm', inputMicros: '1' }, 'entry 2 (m): inputMicros must be a whole number'],
    [{ ...PRICE, model: 'm', outputMicros: -1 }, 'entry 2 (m): outputMicros must be a whole number'],
    [{ ...PRICE, model: 'm', outputMicros: null }, 'entry 2 (m): outputMicros must be a whole number'],
    [{ ...PRICE, model: 'm', outputMicros: 1e12 + 1 }, 'entry 2 (m): outputMicros must be a whole number'],
    [{ ...PRICE, model: 'm', cachedInputMicros: undefined }, 'entry 2 (m): cachedInputMicros must be'],
    [{ ...PRICE, model: 'm', input: 1 }, 'entry 2 (m): "input" is not known.'],
    [{ ...PRICE, model: 'm', toString: 1 }, 'entry 2 (m): "toString" is not known.'],
    [
      { ...PRICE, effectiveFrom: '2025-08-07T01:00:00+01:00' },
      'entry 2 (gpt-5): entry 1 is of the same model and effectiveFrom.',
    ],
  ])('names the entry that is wrong, and how: %j', (entry, problem) => {
    expect(() => parse(PRICE, entry, { ...PRICE, model: 'right' })).toThrow(problem)
  })

  it('refuses what the server would refuse, so that no piece fails after another was set', () => {
    const check = schemaCheck()
    const models = ['*', 'a"b', '🙂'.repeat(128), '🙂'.repeat(129), 'x\u0085', '\ud800', ' ']
    const micros = [0, -0, 1, 1e12, 1e12 + 1, -1, 0.5, 1e21, null, '1', true, [1]]
    const moments = ['1970-01-01T00:00:00Z', '2999-12-31T23:59:59.999999999z', 0, '']
    const entries = [
      ...models.map((model) => ({ ...PRICE, model })),
      ...micros.flatMap((value) => [
        { ...PRICE, inputMicros: value },
        { ...PRICE, cachedInputMicros: value },
      ]),
      ...moments.map((effectiveFrom) => ({ ...PRICE, effectiveFrom })),
    ]
    const isTaken = (entry: unknown) => {
      try {
        return parse(entry).prices.length === 1
      } catch {
        return false
      }
    }
    for (const entry of entries) {
      const sent = JSON.parse(JSON.stringify(entry))
      const problem = check(SetPricesRequest, { prices: [sent] })
      expect(isTaken(sent), JSON.stringify(entry)).toBe(problem === null)
    }
  })
})
