import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findContradictions, readEvents } from './support/ledger-audit.ts'
import { startTestApp, type TestApp } from './support/test-app.ts'
import { describeOnBothEngines } from './support/test-database.ts'

describeOnBothEngines('an event that the database cannot take', (engine) => {
  let server: TestApp
  beforeEach(async () => {
    server = await startTestApp(engine)
    const { kysely } = server.database
    await sql`create function refuse_poison() returns trigger language plpgsql as $$
      begin
        if new.model = 'poison' then raise exception 'poison'; end if;
        return new;
      end $$`.execute(kysely)
    await sql`create trigger poison before insert on usage_events
      for each row execute function refuse_poison()`.execute(kysely)
  })
  afterEach(() => server.close())

  it('fails alone: the 499 others of its batch are counted, in their order', async () => {
    const token = await server.signUp()
    const events = Array.from({ length: 500 }, (_, index) => ({
      idempotencyKey: `event-${index}`,
      usage: 1,
      ...(index === 321 && { model: 'poison' }),
    }))
    const answer = await server.request({
      method: 'POST',
      url: '/trackUsage/batch',
      headers: { authorization: `Bearer ${token}` },
      payload: { events },
    })
    expect(answer.statusCode).toBe(200)
    const { results } = answer.json()
    const [poisoned] = results.splice(321, 1)
    expect(poisoned).toEqual({ status: 500, error: 'Failed to track usage.', code: 'internal_error' })
    expect(
      results.map(({ currentPromptCount }: { currentPromptCount: number }) => currentPromptCount),
    ).toEqual(Array.from({ length: 499 }, (_, index) => index + 1))
    const kept = await readEvents(server.database)
    expect(kept.map(({ key }) => key)).toEqual(
      events.flatMap(({ idempotencyKey }, index) => (index === 321 ? [] : [idempotencyKey])),
    )
    expect(await findContradictions(server.database)).toEqual([])
    expect((await server.request({ url: '/metrics' })).body).toMatch(
      /^promptmeter_commit_rejected_calls_total 1$/m,
    )
  })

  it('fails for its caller alone, whoever else shares the batch', async () => {
    const tokens = await Promise.all(Array.from({ length: 10 }, () => server.signUp()))
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        server.track(tokens[index % 10] as string, {
          usage: 1,
          ...(index % 60 === 7 && { model: 'poison' }),
        }),
      ),
    )
    for (const [index, answer] of answers.entries()) {
      if (index % 60 !== 7) expect(answer.statusCode).toBe(200)
      else expect([answer.statusCode, answer.json().error]).toEqual([500, 'Failed to track usage.'])
    }
    expect(await readEvents(server.database)).toHaveLength(295)
    expect(await findContradictions(server.database)).toEqual([])
  })
})
