import { MAX_COUNT } from '@promptmeter/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { admin } from './support/admin-requests.ts'
import { findContradictions } from './support/ledger-audit.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('an import', (engine) => {
  let server: TestApp
  beforeAll(async () => {
    server = await startTestApp(engine)
  })
  afterAll(() => server.close())

  const importRows = (rows: unknown) => admin(server, 'POST', '/import', { rows })

  const outcomesOf = async (rows: unknown): Promise<string[]> =>
    (await importRows(rows)).json().results.map(({ outcome }: { outcome: string }) => outcome)

  const userOf = async (email: string) => (await admin(server, 'GET', `?email=${email}`)).json().users[0]

  it('brings users over with their counts, threshold and age', async () => {
    const answer = await importRows([
      {
        email: ' Old@Example.com',
        promptCount: 7,
        tokenCount: 2100,
        threshold: 50,
        createdAt: '2025-03-01T10:30:00Z',
      },
      { email: 'bare@example.com' },
    ])
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ results: [{ outcome: 'added' }, { outcome: 'added' }] })
    const user = await userOf('old@example.com')
    expect(user).toMatchObject({
      promptCount: 7,
      tokenCount: 2100,
      threshold: 50,
      remaining: 43,
      disabled: false,
      createdAt: '2025-03-01T10:30:00.000Z',
    })
    const history = await admin(
      server,
      'GET',
      `/${user.id}/usage?from=2025-03-01&to=2025-03-02&interval=hour`,
    )
    expect(history.json().buckets[10]).toEqual({
      start: '2025-03-01T10:00:00.000Z',
      promptCount: 7,
      tokenCount: 2100,
      costMicros: 0,
    })
    expect(await userOf('bare@example.com')).toMatchObject({ promptCount: 0, tokenCount: 0, threshold: 10 })
    expect(await findContradictions(server.database)).toEqual([])

    const token = await server.signUp('old@example.com')
    expect((await server.track(token, { usage: 1 })).json()).toMatchObject({
      currentPromptCount: 8,
      currentTokenCount: 2100,
      threshold: 50,
    })
  })

  it('run again counts nothing twice and leaves users as they are', async () => {
    const rows = Array.from({ length: 50 }, (_, index) => ({
      email: `again-${index}@example.com`,
      promptCount: index,
      tokenCount: 2 * index,
    }))
    expect(new Set(await outcomesOf(rows.slice(0, 30)))).toEqual(new Set(['added']))
    const token = await server.signUp('again-5@example.com')
    await server.track(token, { usage: 1 })
    const outcomes = await outcomesOf(rows)
    expect(outcomes.filter((outcome) => outcome === 'exists')).toHaveLength(30)
    expect(outcomes.slice(30)).toEqual(Array.from({ length: 20 }, () => 'added'))
    expect(await userOf('again-5@example.com')).toMatchObject({ promptCount: 6, tokenCount: 10 })
    expect(await findContradictions(server.database)).toEqual([])
  })

  it('judges each row alone and says what is wrong with it', async () => {
    const answer = await importRows([
      { email: 'good-1@example.com' },
      { email: 'nobody' },
      { promptCount: 1 },
      'good@example.com',
      null,
      { email: 'bad-1@example.com', promptCount: -1 },
      { email: 'bad-2@example.com', tokenCount: MAX_COUNT + 1 },
      { email: 'bad-3@example.com', promptCount: '7' },
      { email: 'bad-4@example.com', createdAt: 'last year' },
      { email: 'bad-5@example.com', createdAt: new Date(Date.now() + 60_000).toISOString() },
      { email: 'bad-6@example.com', createdAt: '1999-12-31T00:00:00Z' },
      { email: 'bad-7@example.com', apiKey: 'sk-old' },
      { email: 'bad-8@example.com', threshold: 'none' },
      { email: 'good-2@example.com', threshold: null, promptCount: MAX_COUNT },
    ])
    const { results } = answer.json()
    const invalid = (error: unknown) => ({ outcome: 'invalid', error })
    expect(results).toEqual([
      { outcome: 'added' },
      invalid('Email is invalid.'),
      invalid(expect.stringContaining('email')),
      invalid(expect.any(String)),
      invalid(expect.any(String)),
      invalid(expect.stringContaining('promptCount')),
      invalid(expect.stringContaining('tokenCount')),
      invalid(expect.stringContaining('promptCount')),
      invalid(expect.stringContaining('createdAt')),
      invalid('createdAt must not be in the future.'),
      invalid('createdAt must be in 2000 or later.'),
      invalid('row has a field that is not known.'),
      invalid(expect.stringContaining('threshold')),
      { outcome: 'added' },
    ])
    expect(answer.body).not.toContain('sk-old')
    expect((await admin(server, 'GET', '?search=bad-')).json().users).toEqual([])
  })

  it('takes the first row of an address, also after a bad one', async () => {
    expect(
      await outcomesOf([
        { email: 'twice@example.com', promptCount: -1 },
        { email: 'twice@example.com', promptCount: 1 },
        { email: 'TWICE@example.com ', promptCount: 5 },
      ]),
    ).toEqual(['invalid', 'added', 'exists'])
    expect(await userOf('twice@example.com')).toMatchObject({ promptCount: 1 })
  })

  it('takes 1,000 rows and refuses more, fewer than one, and what is no list', async () => {
    const rows = Array.from({ length: 1001 }, (_, index) => ({ email: `many-${index}@example.com` }))
    for (const refused of [rows, [], {}, 'rows', null])
      expect((await importRows(refused)).statusCode).toBe(400)
    expect(new Set(await outcomesOf(rows.slice(0, 1000)))).toEqual(new Set(['added']))
  })

  it('beside others of the same users adds each once and fails for nobody', async () => {
    const rows = Array.from({ length: 300 }, (_, index) => ({
      email: `race-${index}@example.com`,
      promptCount: 3,
      tokenCount: 1,
    }))
    const orders = [rows, rows.toReversed(), rows.toSorted(() => 0), rows.toReversed()]
    const answers = await Promise.all(orders.map((order) => outcomesOf(order)))
    expect(answers.flat().filter((outcome) => outcome === 'added')).toHaveLength(300)
    expect(answers.flat().filter((outcome) => outcome === 'exists')).toHaveLength(900)
    expect(await userOf('race-17@example.com')).toMatchObject({ promptCount: 3, tokenCount: 1 })
    expect(await findContradictions(server.database)).toEqual([])
  })
})
