import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { countsOf } from './support/requests.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

/** Any JSON, and what is nearly an event: fields of the right name with values right, odd and wrong. */
const anyValue = fc.oneof(
  fc.jsonValue(),
  fc.integer(),
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    1,
    1.5,
    -1,
    2 ** 53 - 1,
    2 ** 53,
    1e21,
    null,
    '1',
    '',
    '\u0000',
    '\ud800',
    [],
    {},
    true,
  ),
)
const nearlyAnEvent = fc.record(
  {
    usage: fc.oneof(fc.nat(1000), anyValue),
    tokenCount: fc.oneof(fc.nat(1000), anyValue),
    model: fc.oneof(fc.string({ unit: 'binary', maxLength: 140 }), anyValue),
    source: fc.oneof(fc.string({ maxLength: 140 }), anyValue),
    occurredAt: fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constant(new Date().toISOString()),
      anyValue,
    ),
    extra: fc.jsonValue(),
  },
  { requiredKeys: [] },
)
const anyBody = fc.oneof({ weight: 3, arbitrary: nearlyAnEvent }, { weight: 1, arbitrary: fc.jsonValue() })

describeOnBothEngines('any JSON at all', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  it('is counted exactly as sent or refused, and never breaks the server', async () => {
    const token = await server.signUp()
    let counted = { prompts: 0, tokens: 0 }
    await fc.assert(
      fc.asyncProperty(anyBody, async (value) => {
        const body = JSON.stringify(value)
        const answer = await server.track(token, body)
        expect([200, 400]).toContain(answer.statusCode)
        if (answer.statusCode === 200) {
          const { usage = 0, tokenCount = 0 } = JSON.parse(body)
          counted = { prompts: counted.prompts + usage, tokens: counted.tokens + tokenCount }
          expect(answer.json()).toMatchObject({
            currentPromptCount: counted.prompts,
            currentTokenCount: counted.tokens,
          })
        } else {
          expect(answer.json()).toEqual({ error: expect.any(String), code: expect.any(String) })
          expect(await countsOf(server, token)).toEqual(counted)
        }
      }),
      { numRuns: 300 },
    )
    expect(await countsOf(server, token)).toEqual(counted)
  })

  it('may be an event of a batch: each is answered, and the counts are those of the events that were taken', async () => {
    const token = await server.signUp()
    let prompts = 0
    let batch = 0
    const anyEvent = fc.oneof(
      fc.jsonValue(),
      fc.record({ idempotencyKey: fc.oneof(fc.uuid(), anyValue), usage: fc.oneof(fc.nat(9), anyValue) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { minLength: 1, maxLength: 20 }), async (events) => {
        // A key of its own makes one event good, so that the batch as a whole is never refused.
        const all = [...events, { idempotencyKey: `good-${batch++}`, usage: 1 }]
        const answer = await server.request({
          method: 'POST',
          url: '/trackUsage/batch',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          payload: JSON.stringify({ events: all }),
        })
        // Nearly the only way a body of text can be wrong as a whole: a key that would poison a prototype.
        if (answer.statusCode === 400 && JSON.stringify(events).includes('__proto__')) return
        expect(answer.statusCode).toBe(200)
        const { results } = answer.json()
        expect(results).toHaveLength(all.length)
        for (const [index, result] of results.entries()) {
          expect([200, 400, 422]).toContain(result.status)
          const event = JSON.parse(JSON.stringify(all[index] ?? null))
          if (result.status === 200 && !result.replayed) prompts += event.usage ?? 0
        }
        expect(await countsOf(server, token)).toMatchObject({ prompts })
      }),
      { numRuns: 60 },
    )
  })
})
