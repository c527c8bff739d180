import type { LightMyRequestResponse } from 'fastify'
import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { findContradictions, readEvents } from './support/ledger-audit.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import type { TestApp } from './support/test-app.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A server whose users are locked by somebody else, so that every call waits at the database. */
async function startLocked(environment: Record<string, string>) {
  const replicas: Replicas = await startReplicas('postgres', 1, environment)
  cleanups.push(() => replicas.close())
  const server = replicas.at(0)
  const tokens = await Promise.all(Array.from({ length: 5 }, () => server.signUp()))
  const holder = new pg.Client({ connectionString: server.environment.DATABASE_URL })
  await holder.connect()
  cleanups.push(() => holder.end())
  await holder.query('begin')
  await holder.query('select from users for update')
  return { server, tokens, holder, unlock: () => holder.query('commit') }
}

function expectRefused(answer: LightMyRequestResponse, code: string): void {
  expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([503, code, '1'])
}

async function untilWaiting({ services }: TestApp, calls: number): Promise<void> {
  while (services.ledger.waiting < calls) await new Promise(setImmediate)
}

describe('a database that is locked', () => {
  it('holds up only the users that are locked, and counts their calls in order once they are free', async () => {
    const { server, tokens, unlock } = await startLocked({ WRITE_DEADLINE_MS: '600000' })
    const held = tokens.flatMap((token) => [1, 2, 3].map(() => server.track(token, { usage: 1 })))
    await untilWaiting(server, held.length)
    const free = await server.signUp()
    for (let call = 1; call <= 20; call++) {
      expect((await server.track(free, { usage: 1 })).json()).toMatchObject({ currentPromptCount: call })
    }
    expect(server.services.ledger.waiting).toBe(held.length)
    await unlock()
    const counts = (await Promise.all(held)).map((answer) => answer.json().currentPromptCount)
    expect(counts.toSorted()).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3])
    expect(await findContradictions(server.database)).toEqual([])
  })

  it('holds up nobody by a session that is locked, nor by reads that wait', async () => {
    const { server, tokens, holder, unlock } = await startLocked({ WRITE_DEADLINE_MS: '600000' })
    await holder.query('select from sessions for update')
    const free = await server.services.users.add('free@example.com')
    await server.database.kysely
      .insertInto('sessions')
      .values({
        user_id: free.id,
        id: free.id,
        client_name: null,
        method: 'email',
        expires_at: new Date(Date.now() + 60_000),
        revoked_at: null,
        last_used_at: null,
      })
      .execute()
    const held = server.track(tokens[0] as string, { usage: 1 })
    // Each wants to write that its session is in use, which is locked: more of them than there are connections.
    const reads = Array.from({ length: 12 }, () =>
      server.request({ url: '/api/me', headers: { authorization: `Bearer ${tokens[0]}` } }),
    )
    const call = {
      kind: 'usage' as const,
      userId: free.id,
      sessionId: free.id,
      prompts: 1,
      tokens: 0,
      model: null,
      source: null,
      occurredAt: null,
      idempotencyKey: null,
    }
    expect(await server.services.ledger.record(call)).toMatchObject({ promptCount: 1 })
    await unlock()
    expect((await held).statusCode).toBe(200)
    for (const read of await Promise.all(reads)) expect(read.statusCode).toBe(200)
  })

  it('lets as many calls wait as the queue holds and refuses the next at once', async () => {
    const { server, tokens, unlock } = await startLocked({
      WRITE_QUEUE_LIMIT: '50',
      WRITE_DEADLINE_MS: '600000',
    })
    const waiting = Array.from({ length: 50 }, (_, index) =>
      server.track(tokens[index % 5] as string, { usage: 1 }),
    )
    await untilWaiting(server, 50)
    // Answered while the 50 before it still wait: they cannot be answered before the lock is gone.
    for (let again = 0; again < 3; again++)
      expectRefused(await server.track(tokens[0] as string, { usage: 1 }), 'overloaded')
    await unlock()
    for (const answer of await Promise.all(waiting)) expect(answer.statusCode).toBe(200)
    expect((await server.track(tokens[0] as string, { usage: 1 })).json()).toMatchObject({
      currentPromptCount: 11,
    })
    expect(await readEvents(server.database)).toHaveLength(51)
    expect(await findContradictions(server.database)).toEqual([])
  })

  it('refuses calls at their deadline, counts none that was never sent, and serves again after', async () => {
    const { server, tokens, unlock } = await startLocked({ WRITE_DEADLINE_MS: '300' })
    const headersOf = (index: number) => ({ 'idempotency-key': `call-${index}` })
    const sent = tokens.map((token, index) => server.track(token, { usage: 1 }, headersOf(index)))
    await untilWaiting(server, 5)
    await new Promise(setImmediate)
    const queued = tokens.map((token) => server.track(token, { usage: 100 }))
    for (const answer of await Promise.all([...sent, ...queued]))
      expectRefused(answer, 'database_unavailable')
    expect(server.services.ledger.waiting).toBe(0)
    await unlock()

    // What was at the database may have been counted: the key tells, and counts it once either way.
    for (const [index, token] of tokens.entries()) {
      const answer = await server.track(token, { usage: 1 }, headersOf(index))
      expect(answer.json()).toMatchObject({ currentPromptCount: 1 })
    }
    const events = await readEvents(server.database)
    expect(events.map(({ prompts }) => prompts)).toEqual([1, 1, 1, 1, 1])
    expect(await findContradictions(server.database)).toEqual([])
  })
})
