import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestGateway, type TestGateway } from '../../server/test/support/test-gateway.ts'
import { createClient, createOfflineQueue, memoryStorage, readSessionToken } from '../src/index.ts'

const DAY_MS = 24 * 60 * 60 * 1000

describe('what waited, on the real server', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway('postgres')
  })
  afterAll(() => gateway.close())
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const open = async () => {
    const token = await gateway.signUp()
    const client = createClient({ serverUrl: gateway.url, token })
    const storage = memoryStorage()
    const rejected: string[] = []
    const queue = createOfflineQueue({ client, storage, onRejected: (_event, error) => rejected.push(error) })
    const userId = readSessionToken(token)?.userId
    const wait = (name: string, event: object) =>
      storage.add({
        id: `${userId}.${name}`,
        text: JSON.stringify({ idempotencyKey: name, usage: 1, ...event }),
      })
    return { client, queue, rejected, wait }
  }

  it('for longer than the 30 days that the server takes is counted, as of now', async () => {
    const { client, queue, rejected, wait } = await open()
    for (const days of [1, 28, 29, 30, 31, 400])
      await wait(`waited-${days}`, { occurredAt: new Date(Date.now() - days * DAY_MS).toISOString() })
    expect(await queue.flush()).toEqual({ sent: 6, left: 0, error: null })
    expect(rejected).toEqual([])
    expect(await client.me()).toMatchObject({ promptCount: 6 })
    queue.close()
  })

  it('and was counted before it grew too old is counted once', async () => {
    const { client, queue, wait } = await open()
    const occurredAt = new Date(Date.now() - 29.5 * DAY_MS).toISOString()
    await client.trackUsageBatch([{ idempotencyKey: 'aged', usage: 1, occurredAt }])
    await wait('aged', { occurredAt })
    expect(await queue.flush()).toEqual({ sent: 1, left: 0, error: null })
    expect(await client.me()).toMatchObject({ promptCount: 1 })
    queue.close()
  })

  it.each([1, 24 * 400])('on a machine whose clock is %d hours ahead is counted', async (hours) => {
    const { client, queue, rejected } = await open()
    const now = Date.now()
    vi.spyOn(Date.prototype, 'toISOString').mockReturnValue(new Date(now + hours * 3_600_000).toJSON())
    await queue.track({ usage: 1 })
    vi.restoreAllMocks()
    while ((await queue.size()) > 0) await queue.flush()
    expect(rejected).toEqual([])
    expect(await client.me()).toMatchObject({ promptCount: 1 })
    queue.close()
  })

  it('and is too large to be sent is reported, and holds nothing up', async () => {
    const { client, queue, rejected, wait } = await open()
    for (const name of ['a', 'b', 'd', 'e']) await wait(name, {})
    await wait('c', { source: 'x'.repeat(3_000_000) })
    expect(await queue.flush()).toEqual({ sent: 4, left: 0, error: null })
    expect(rejected).toHaveLength(1)
    expect(await client.me()).toMatchObject({ promptCount: 4 })
    queue.close()
  })

  it('and can never be counted is reported, and holds nothing up', async () => {
    const { client, queue, rejected, wait } = await open()
    const occurredAt = new Date().toISOString()
    await wait('a', { usage: -1, occurredAt })
    await wait('b', { usage: 1, occurredAt })
    await wait('c', { usage: 'many' })
    await wait('d', { usage: 2 })
    expect(await queue.flush()).toEqual({ sent: 2, left: 0, error: null })
    expect(rejected).toHaveLength(2)
    expect(await client.me()).toMatchObject({ promptCount: 3 })
    queue.close()
  })
})
