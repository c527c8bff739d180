import { afterEach, describe, expect, it } from 'vitest'
import { findContradictions, readEvents } from './support/ledger-audit.ts'
import { startTcpProxy } from './support/tcp-proxy.ts'
import { startTestApp } from './support/test-app.ts'
import { createTestDatabase } from './support/test-database.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startBehindProxy() {
  const testDatabase = await createTestDatabase('postgres')
  cleanups.push(() => testDatabase.remove())
  const proxy = await startTcpProxy(testDatabase.environment.DATABASE_URL as string)
  cleanups.push(() => proxy.close())
  const server = await startTestApp('postgres', { testDatabase, environment: { DATABASE_URL: proxy.url } })
  cleanups.push(() => server.close())
  return { proxy, server }
}

describe('a connection lost right after the commit was sent', () => {
  it('gives 503 to a call without a key, which is never counted twice', async () => {
    const { proxy, server } = await startBehindProxy()
    const token = await server.signUp()
    proxy.cutAfterSending('commit\0')
    const answer = await server.track(token, { usage: 1, tokenCount: 5 })
    expect(proxy.cuts).toBe(1)
    expect(answer.statusCode).toBe(503)
    expect(answer.headers['retry-after']).toBe('1')
    expect(answer.json()).toMatchObject({ code: 'database_unavailable' })

    const next = await server.track(token, { usage: 1, tokenCount: 5 })
    expect(next.statusCode).toBe(200)
    // The database did commit the first: it is there once, and not sent again behind the caller's back.
    expect(next.json()).toMatchObject({ currentPromptCount: 2, currentTokenCount: 10 })
    expect(await readEvents(server.database)).toHaveLength(2)
    expect(await findContradictions(server.database)).toEqual([])
  })

  it('lets a retry with the key find out, and counts once', async () => {
    const { proxy, server } = await startBehindProxy()
    const token = await server.signUp()
    const headers = { 'idempotency-key': 'find-out' }
    proxy.cutAfterSending('commit\0')
    expect((await server.track(token, { usage: 1 }, headers)).statusCode).toBe(503)
    const retried = await server.track(token, { usage: 1 }, headers)
    expect(retried.json()).toMatchObject({ currentPromptCount: 1 })
    expect(retried.headers['idempotent-replayed']).toBe('true')
    expect(await readEvents(server.database)).toHaveLength(1)
  })

  it('tries again unseen when the connection was lost before anything was written', async () => {
    const { proxy, server } = await startBehindProxy()
    const token = await server.signUp()
    await server.track(token, { usage: 1 })
    proxy.cutAfterSending('begin')
    const answer = await server.track(token, { usage: 1 })
    expect(proxy.cuts).toBe(1)
    expect(answer.json()).toMatchObject({ currentPromptCount: 2 })
    expect(await readEvents(server.database)).toHaveLength(2)
  })
})
