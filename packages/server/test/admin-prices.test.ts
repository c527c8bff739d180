import { MAX_PRICE_MICROS, MAX_PRICES_PER_REQUEST, type Price } from '@promptmeter/contract'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { askAdmin } from './support/admin-requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

const PRICE: Price = {
  model: 'gpt-5',
  effectiveFrom: '2025-08-07T00:00:00.000Z',
  inputMicros: 1_250_000,
  cachedInputMicros: 125_000,
  outputMicros: 10_000_000,
}

describeOnBothEngines('prices', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())
  beforeEach(async () => {
    await server.database.kysely.deleteFrom('prices').execute()
  })

  const set = (...prices: unknown[]) => askAdmin(server, 'PUT', '/prices', { prices })
  const list = async (): Promise<Price[]> => (await askAdmin(server, 'GET', '/prices')).json().prices
  const remove = (query: Record<string, string>) =>
    askAdmin(server, 'DELETE', `/prices?${new URLSearchParams(query)}`)

  it('are set and listed by model, the newest first; the others stay', async () => {
    expect(await list()).toEqual([])
    const older = { ...PRICE, effectiveFrom: '2024-01-01T00:00:00.000Z', cachedInputMicros: null }
    const free = { ...PRICE, model: 'a-free-one', inputMicros: 0, cachedInputMicros: 0, outputMicros: 0 }
    const dearest = {
      ...PRICE,
      model: 'z-dearest',
      inputMicros: MAX_PRICE_MICROS,
      outputMicros: MAX_PRICE_MICROS,
    }
    const answer = await set(older, dearest, PRICE)
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ prices: [PRICE, older, dearest] })
    expect((await set(free)).json()).toEqual({ prices: [free, PRICE, older, dearest] })
    expect(await list()).toEqual([free, PRICE, older, dearest])
  })

  it('replace the one of the same model and moment, however the moment is written', async () => {
    await set(PRICE, { ...PRICE, model: 'gpt-5*' })
    const dearer = { ...PRICE, inputMicros: 2_000_000, cachedInputMicros: null }
    await set({ ...dearer, effectiveFrom: '2025-08-07T02:00:00+02:00' })
    expect(await list()).toEqual([dearer, { ...PRICE, model: 'gpt-5*' }])
  })

  it.each([
    ['a bad one', { ...PRICE, model: 'other', inputMicros: -1 }],
    ['another of the same model and moment', { ...PRICE, inputMicros: 1 }],
    ['the same moment written otherwise', { ...PRICE, effectiveFrom: '2025-08-06T23:00:00-01:00' }],
    ['the same millisecond', { ...PRICE, effectiveFrom: '2025-08-07T00:00:00.000999Z' }],
  ])('are set all or none: with %s none is', async (_, bad) => {
    const before = { ...PRICE, model: 'before' }
    await set(before)
    const answer = await set({ ...before, outputMicros: 5 }, PRICE, bad)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'invalid_request' })
    expect(await list()).toEqual([before])
  })

  it('keep the name of any model as it is', async () => {
    const models = [
      '*',
      'NULL',
      'a"quoted"\\one',
      "o'brien",
      '{a,b}',
      'with space',
      'mödel 🙂',
      'm'.repeat(128),
    ]
    await set(...models.map((model) => ({ ...PRICE, model })))
    expect(new Set((await list()).map(({ model }) => model))).toEqual(new Set(models))
    for (const model of models) {
      const { effectiveFrom } = PRICE
      expect((await remove({ model, effectiveFrom })).statusCode, model).toBe(204)
    }
    expect(await list()).toEqual([])
  })

  it(`are set up to ${MAX_PRICES_PER_REQUEST} at once`, async () => {
    const many = Array.from({ length: MAX_PRICES_PER_REQUEST + 1 }, (_, index) => ({
      ...PRICE,
      model: `m-${index}`,
    }))
    expect((await set(...many)).statusCode).toBe(400)
    expect(await list()).toEqual([])
    expect((await set(...many.slice(1))).json().prices).toHaveLength(MAX_PRICES_PER_REQUEST)
  })

  const { model, ...withoutModel } = PRICE
  const { effectiveFrom, ...withoutMoment } = PRICE
  const { cachedInputMicros: _, ...withoutCached } = PRICE
  const priced = (price: unknown) => ({ prices: [price] })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a list', [PRICE]],
    ['no prices', {}],
    ['none', { prices: [] }],
    ['an unknown field beside them', { prices: [PRICE], currency: 'USD' }],
    ['a price that is null', priced(null)],
    ['a price without a model', priced(withoutModel)],
    ['a price without a moment', priced(withoutMoment)],
    ['a price that says nothing of cached input', priced(withoutCached)],
    ['an empty model', priced({ ...PRICE, model: '' })],
    ['NUL in a model', priced({ ...PRICE, model: 'gpt\u0000' })],
    ['half a surrogate pair in a model', priced({ ...PRICE, model: 'gpt\ud800' })],
    ['a model of 129 characters', priced({ ...PRICE, model: 'm'.repeat(129) })],
    ['a model that is no text', priced({ ...PRICE, model: 5 })],
    ['a date alone', priced({ ...PRICE, effectiveFrom: '2025-08-07' })],
    ['30 February', priced({ ...PRICE, effectiveFrom: '2025-02-30T00:00:00Z' })],
    ['a moment without an offset', priced({ ...PRICE, effectiveFrom: '2025-08-07T00:00:00' })],
    ['a moment that is a number', priced({ ...PRICE, effectiveFrom: 1_754_524_800_000 })],
    ['a negative price', priced({ ...PRICE, outputMicros: -1 })],
    ['a fraction', priced({ ...PRICE, inputMicros: 1.25 })],
    ['a price as text', priced({ ...PRICE, inputMicros: '1250000' })],
    ['a price of output that is null', priced({ ...PRICE, outputMicros: null })],
    ['a price past the range', priced({ ...PRICE, cachedInputMicros: MAX_PRICE_MICROS + 1 })],
    ['an unknown field', priced({ ...PRICE, reasoningMicros: 1 })],
  ])('are not set by %s', async (_, body) => {
    const answer = await askAdmin(server, 'PUT', '/prices', body)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'invalid_request' })
    expect(await list()).toEqual([])
  })

  it('are deleted by model and moment, a pattern by itself alone', async () => {
    const later = { ...PRICE, effectiveFrom: '2026-01-01T00:00:00.000Z' }
    await set(PRICE, later, { ...PRICE, model: 'gpt-*' })
    expect((await remove({ model: 'gpt-*', effectiveFrom })).statusCode).toBe(204)
    expect(await list()).toEqual([later, PRICE])
    const deleted = await remove({ model, effectiveFrom: '2025-08-07T05:30:00+05:30' })
    expect(deleted.statusCode).toBe(204)
    expect(await list()).toEqual([later])
  })

  it('that are not there are not found', async () => {
    await set(PRICE)
    for (const query of [
      { model: 'gpt-5-mini', effectiveFrom },
      { model: 'gpt-*', effectiveFrom },
      { model: 'GPT-5', effectiveFrom },
      { model, effectiveFrom: '2025-08-07T00:00:00.001Z' },
    ]) {
      const answer = await remove(query)
      expect(answer.statusCode).toBe(404)
      expect(answer.json()).toMatchObject({ code: 'price_not_found' })
    }
    expect(await list()).toEqual([PRICE])
  })

  it.each([
    '',
    'model=gpt-5',
    `effectiveFrom=${effectiveFrom}`,
    `model=&effectiveFrom=${effectiveFrom}`,
    `model=%00&effectiveFrom=${effectiveFrom}`,
    `model=${'m'.repeat(129)}&effectiveFrom=${effectiveFrom}`,
    'model=gpt-5&effectiveFrom=2025-08-07',
    'model=gpt-5&effectiveFrom=now',
    `model=gpt-5&effectiveFrom=${effectiveFrom}&all=true`,
    `model=gpt-5&model=gpt-5&effectiveFrom=${effectiveFrom}`,
  ])('are not deleted by ?%s', async (query) => {
    await set(PRICE)
    const answer = await askAdmin(server, 'DELETE', `/prices?${query}`)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'invalid_request' })
    expect(await list()).toEqual([PRICE])
  })
})
