import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('POST /trackUsage', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  it('shows each of many concurrent calls its own running counts', async () => {
    const token = await server.signUp()
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => server.track(token, { usage: 1, tokenCount: 3 })),
    )
    const counts = answers.map((answer) => answer.json().currentPromptCount).sort((one, other) => one - other)
    expect(counts).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
    expect(
      new Set(
        answers.map((answer) => answer.json().currentTokenCount / 3 - answer.json().currentPromptCount),
      ),
    ).toEqual(new Set([0]))
  })

  it('counts a retried event once and answers as the first time', async () => {
    const token = await server.signUp()
    const headers = { 'idempotency-key': '"retry-1"' }
    const body = { usage: 1, tokenCount: 7, model: 'gpt-5-mini', occurredAt: new Date().toISOString() }
    const answers = await Promise.all([1, 2, 3].map(() => server.track(token, body, headers)))
    await server.track(token, { usage: 5 })
    answers.push(await server.track(token, body, { 'idempotency-key': 'retry-1' }))
    for (const answer of answers)
      expect(answer.json()).toMatchObject({ currentPromptCount: 1, currentTokenCount: 7 })
    // Whichever of the three came first, only that one was new.
    const replayed = answers.map((answer) => answer.headers['idempotent-replayed'])
    expect(replayed.slice(0, 3).filter((header) => header === undefined)).toHaveLength(1)
    expect(replayed[3]).toBe('true')
  })

  it('refuses a key that comes back with another body', async () => {
    const token = await server.signUp()
    const headers = { 'idempotency-key': 'one-key' }
    await server.track(token, { usage: 1 }, headers)
    const answer = await server.track(token, { usage: 2 }, headers)
    expect(answer.statusCode).toBe(422)
    expect(answer.json()).toMatchObject({ code: 'idempotency_key_reused' })
  })
})
